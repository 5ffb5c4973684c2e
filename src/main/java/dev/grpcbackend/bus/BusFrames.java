package dev.grpcbackend.bus;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.proto.eventbus.TransportFrame;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Frames as bodies of messages: binary, or JSON in calls of that format. */
final class BusFrames {

  private BusFrames() {}

  /** Returns the frame of a message, null if it is none. */
  static @Nullable TransportFrame read(Message<Object> message) {
    try {
      if (message.body() instanceof JsonObject json) {
        return json(json.encode());
      }
      if (!(message.body() instanceof Buffer bytes)) {
        return null;
      }
      return isJson(message.headers())
          ? json(bytes.toString())
          : TransportFrame.parseFrom(bytes.getBytes());
    } catch (InvalidProtocolBufferException malformed) {
      return null;
    }
  }

  private static boolean isJson(MultiMap headers) {
    return BusHeaders.JSON.equalsIgnoreCase(headers.get(BusHeaders.WIRE_FORMAT));
  }

  private static TransportFrame json(String text) throws InvalidProtocolBufferException {
    TransportFrame.Builder frame = TransportFrame.newBuilder();
    JsonFormat.parser().ignoringUnknownFields().merge(text, frame);
    return frame.build();
  }

  /** Returns the body for a frame, and says its format in the headers. */
  static Buffer write(TransportFrame frame, boolean json, DeliveryOptions headers) {
    headers.addHeader(BusHeaders.WIRE_FORMAT, json ? BusHeaders.JSON : BusHeaders.PROTO);
    if (!json) {
      return Buffer.buffer(frame.toByteArray());
    }
    try {
      return Buffer.buffer(JsonFormat.printer()
          .omittingInsignificantWhitespace()
          .print(frame)
          .getBytes(StandardCharsets.UTF_8));
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
