package dev.grpcbackend.bus;

import dev.grpcbackend.proto.eventbus.Ping;
import dev.grpcbackend.proto.eventbus.TransportFrame;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Where the frames of all streams of a verticle come in, each for a stream that was opened before. A
 * client that is silent for too long is gone, and so are its streams: the event bus does not say so. On
 * the context of its verticle.
 */
final class BusEndpoint {

  /** The most that a client may be silent, whatever it says, and what holds if it says nothing. */
  private static final long MAX_SILENCE_MILLIS = 120_000;

  private static final long LOOK_MILLIS = 500;

  private final Vertx vertx;
  private final LongSupplier clock;
  private final String address = "grpc.bus." + UUID.randomUUID();
  private final Map<Long, BusStream> streams = new HashMap<>();
  private final Map<String, Client> clients = new HashMap<>();

  /** One that has streams. */
  private static final class Client {
    private final long silenceNanos;
    private long seenNanos;
    private int streams;

    Client(long silenceNanos, long seenNanos) {
      this.silenceNanos = silenceNanos;
      this.seenNanos = seenNanos;
    }
  }

  BusEndpoint(Vertx vertx, LongSupplier clock) {
    this.vertx = vertx;
    this.clock = clock;
  }

  String address() {
    return address;
  }

  /** Listens; completes when all nodes know. */
  Future<Void> listen() {
    vertx.setPeriodic(LOOK_MILLIS, timer -> look());
    return vertx.eventBus().consumer(address, this::onMessage).completion();
  }

  boolean has(long id) {
    return streams.containsKey(id);
  }

  /**
   * Adds a stream, whose number no other has.
   *
   * @param silenceMillis for how long its client may be silent; 0 if it has not said
   */
  void add(long id, BusStream stream, long silenceMillis) {
    long millis =
        silenceMillis <= 0 ? MAX_SILENCE_MILLIS : Math.min(silenceMillis, MAX_SILENCE_MILLIS);
    streams.put(id, stream);
    clients.computeIfAbsent(
            stream.client(),
            first -> new Client(TimeUnit.MILLISECONDS.toNanos(millis), clock.getAsLong()))
        .streams++;
  }

  void remove(long id) {
    BusStream stream = streams.remove(id);
    Client client = stream == null ? null : clients.get(stream.client());
    if (client != null && --client.streams == 0) {
      clients.remove(stream.client());
    }
  }

  private void onMessage(Message<Object> message) {
    TransportFrame frame = BusFrames.read(message);
    if (frame == null) {
      return;
    }
    if (frame.hasPing()) {
      onPing(message, frame.getPing());
      return;
    }
    BusStream stream = streams.get(frame.getStreamId());
    if (stream != null) {
      Client client = clients.get(stream.client());
      if (client != null) {
        client.seenNanos = clock.getAsLong();
      }
      stream.onFrame(frame);
    }
  }

  private void onPing(Message<Object> message, Ping ping) {
    String from = message.headers().get(BusHeaders.REMOTE_ADDRESS);
    Client client = from == null ? null : clients.get(from);
    if (client == null || ping.getAck()) {
      return;
    }
    client.seenNanos = clock.getAsLong();
    boolean json = BusHeaders.JSON.equalsIgnoreCase(message.headers().get(BusHeaders.WIRE_FORMAT));
    DeliveryOptions options = new DeliveryOptions().addHeader(BusHeaders.REMOTE_ADDRESS, address);
    TransportFrame answer = TransportFrame.newBuilder()
        .setPing(Ping.newBuilder().setData(ping.getData()).setAck(true))
        .build();
    Buffer body = BusFrames.write(answer, json, options);
    vertx.eventBus().send(from, body, options);
  }

  /** Ends the streams of clients that are silent. */
  void look() {
    long now = clock.getAsLong();
    for (BusStream stream : List.copyOf(streams.values())) {
      Client client = clients.get(stream.client());
      if (client != null && now - client.seenNanos > client.silenceNanos) {
        stream.cancel(Status.UNAVAILABLE.withDescription("no ping from " + stream.client()
            + " within " + TimeUnit.NANOSECONDS.toMillis(client.silenceNanos) + " ms"));
      }
    }
  }

  /** Ends all streams. */
  void close() {
    List.copyOf(streams.values())
        .forEach(
            stream -> stream.cancel(Status.UNAVAILABLE.withDescription("the channel was closed")));
  }
}
