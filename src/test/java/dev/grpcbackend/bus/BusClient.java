package dev.grpcbackend.bus;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.proto.eventbus.HalfClose;
import dev.grpcbackend.proto.eventbus.MessageFrame;
import dev.grpcbackend.proto.eventbus.TransportFrame;
import dev.grpcbackend.proto.eventbus.WindowUpdate;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A stream as a verticle opens it that knows nothing but the messages. */
final class BusClient {

  private static final AtomicLong STREAMS = new AtomicLong();

  private final Vertx vertx;
  private final boolean json;
  private final long id = STREAMS.incrementAndGet();
  private final String own = "client-" + id;
  private final BlockingQueue<Message<Object>> frames = new LinkedBlockingQueue<>();
  private final MessageConsumer<Object> consumer;
  private String server = "";
  private int window;

  BusClient(Vertx vertx, boolean json) {
    this.vertx = vertx;
    this.json = json;
    this.consumer = vertx.eventBus().consumer(own, frames::add);
    TestServer.await(consumer.completion());
  }

  BusClient open(String address, String action, DeliveryOptions more) {
    more.addHeader("action", action)
        .addHeader("grpc-wire-format", json ? "json" : "proto")
        .addHeader("grpc-client-address", own)
        .addHeader("grpc-stream-id", String.valueOf(id));
    Message<Object> reply = TestServer.await(vertx.eventBus().request(address, null, more));
    server = reply.headers().get("grpc-server-address");
    window = Integer.parseInt(reply.headers().get("grpc-initial-window"));
    return this;
  }

  /** Returns how many messages may be sent at first. */
  int window() {
    return window;
  }

  String ownAddress() {
    return own;
  }

  void send(TransportFrame.Builder frame) {
    TransportFrame whole = frame.setStreamId(frame.hasPing() ? 0 : id).build();
    DeliveryOptions options = new DeliveryOptions()
        .addHeader("grpc-wire-format", json ? "json" : "proto")
        .addHeader("grpc-remote-endpoint-address", own);
    try {
      Buffer body = json
          ? Buffer.buffer(JsonFormat.printer().print(whole))
          : Buffer.buffer(whole.toByteArray());
      vertx.eventBus().send(server, body, options);
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  BusClient grant(int messages) {
    send(TransportFrame.newBuilder().setWindowUpdate(WindowUpdate.newBuilder().setDelta(messages)));
    return this;
  }

  BusClient message(ByteString payload) {
    send(TransportFrame.newBuilder().setMessage(MessageFrame.newBuilder().setPayload(payload)));
    return this;
  }

  BusClient halfClose() {
    send(TransportFrame.newBuilder().setHalfClose(HalfClose.getDefaultInstance()));
    return this;
  }

  /** Waits for the next frame, with what came in its headers. */
  Message<Object> next() throws InterruptedException {
    Message<Object> next = frames.poll(Patience.SECONDS, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no frame");
    }
    return next;
  }

  TransportFrame frame() throws Exception {
    return frame(next());
  }

  /** Returns the frame that has come, null if none has. */
  @Nullable
  TransportFrame soFar() throws Exception {
    Message<Object> message = frames.poll();
    return message == null ? null : frame(message);
  }

  TransportFrame frame(Message<Object> message) throws Exception {
    Buffer body = (Buffer) message.body();
    if (!message.headers().get("grpc-wire-format").equals("json")) {
      return TransportFrame.parseFrom(body.getBytes());
    }
    TransportFrame.Builder frame = TransportFrame.newBuilder();
    JsonFormat.parser().merge(body.toString(), frame);
    return frame.build();
  }

  /** Is not there any more, without a word. */
  void vanish() {
    TestServer.await(consumer.unregister());
  }
}
