package dev.grpcbackend.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonIOException;
import com.google.gson.JsonParseException;
import com.google.gson.JsonStreamParser;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import java.io.EOFException;
import java.io.Reader;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Messages of one type from a text with any number of JSON values, and back to JSON. */
final class JsonMessages {

  private final Descriptor type;
  private final JsonStreamParser values;
  private final JsonFormat.Parser parser;
  private int count;

  JsonMessages(Descriptor type, TypeRegistry types, Reader text, boolean allowUnknown) {
    this.type = type;
    this.values = new JsonStreamParser(text);
    JsonFormat.Parser strict = JsonFormat.parser().usingTypeRegistry(types);
    this.parser = allowUnknown ? strict.ignoringUnknownFields() : strict;
  }

  /** Returns the next message, null at the end; blocks while the text is not at hand. */
  @Nullable
  DynamicMessage next() {
    try {
      if (!values.hasNext()) {
        return null;
      }
      JsonElement value = values.next();
      count++;
      DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
      parser.merge(value.toString(), message);
      return message.build();
    } catch (InvalidProtocolBufferException mismatch) {
      throw new CommandFailure(
          "message " + count + " is no " + type.getFullName() + ": " + mismatch.getMessage());
    } catch (JsonIOException empty) {
      // The parser reports the end of a text without any value as an unexpected end.
      if (count == 0 && empty.getCause() instanceof EOFException) {
        return null;
      }
      throw new CommandFailure("the requests cannot be read: " + empty.getMessage());
    } catch (JsonParseException | NoSuchElementException malformed) {
      throw new CommandFailure("message " + (count + 1) + " is no JSON: " + malformed.getMessage());
    }
  }

  static String print(Message message, TypeRegistry types, boolean emitDefaults) {
    JsonFormat.Printer printer = JsonFormat.printer().usingTypeRegistry(types);
    try {
      return (emitDefaults ? printer.alwaysPrintFieldsWithNoPresence() : printer).print(message);
    } catch (InvalidProtocolBufferException unknownType) {
      throw new CommandFailure("the response cannot be shown as JSON: " + unknownType.getMessage());
    }
  }
}
