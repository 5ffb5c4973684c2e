package dev.grpcbackend.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.MetadataHeaders;
import io.netty.util.AsciiString;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * What a response message is as a body: JSON, the JSON of one of its fields, or the content that a
 * {@code google.api.HttpBody} holds, of its own type.
 *
 * @param contentType of the body
 * @param body the body, or its next part
 */
record RestResponse(AsciiString contentType, Buffer body) {

  static final AsciiString JSON = AsciiString.cached("application/json");

  private static final AsciiString BYTES = AsciiString.cached("application/octet-stream");
  private static final String TRAILER_PREFIX = "trailer-";
  private static final String DETAILS = "grpc-status-details-bin";

  /**
   * Returns the body of a message.
   *
   * @param field the field that is the body, null for the whole message
   * @throws JsonException if it has no JSON form
   */
  static RestResponse of(Message message, @Nullable FieldDescriptor field, Json json)
      throws JsonException {
    if (field == null) {
      return RestBinding.isHttpBody(message.getDescriptorForType())
          ? raw(message)
          : json(json.print(message));
    }
    return RestBinding.isHttpBody(RestBinding.typeOf(field))
        ? raw((Message) message.getField(field))
        : json(json.printField(message, field));
  }

  /** Adds trailers as headers named {@code trailer-}; the details of a status are in its body. */
  static void writeTrailers(Metadata trailers, HeaderBlock.Builder head) {
    MetadataHeaders.write(trailers, (name, value) -> {
      if (!DETAILS.contentEquals(name)) {
        head.add(TRAILER_PREFIX + name, value);
      }
    });
  }

  private static RestResponse raw(Message httpBody) {
    Descriptor type = httpBody.getDescriptorForType();
    String contentType = (String) httpBody.getField(type.findFieldByName("content_type"));
    ByteString data = (ByteString) httpBody.getField(type.findFieldByName("data"));
    boolean legal =
        !contentType.isEmpty() && contentType.chars().allMatch(c -> c >= ' ' && c <= '~');
    return new RestResponse(
        legal ? AsciiString.of(contentType) : BYTES, Buffer.buffer(data.toByteArray()));
  }

  private static RestResponse json(byte[] text) {
    return new RestResponse(JSON, Buffer.buffer(text));
  }
}
