package dev.grpcbackend.bus;

import com.google.protobuf.ByteString;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.proto.eventbus.Cancel;
import dev.grpcbackend.proto.eventbus.Headers;
import dev.grpcbackend.proto.eventbus.MessageFrame;
import dev.grpcbackend.proto.eventbus.Trailers;
import dev.grpcbackend.proto.eventbus.TransportFrame;
import dev.grpcbackend.proto.eventbus.WindowUpdate;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import org.jspecify.annotations.Nullable;

/**
 * One call that streams: frames of its client become what the call sends, what it receives becomes
 * frames. Each side sends no more messages than the other has granted. On the context of its verticle.
 */
final class BusStream {

  /** Messages that a client may send before the server of the call has taken them. */
  static final int WINDOW = 64;

  private final long id;
  private final String client;
  private final EventBus bus;
  private final ClientCall<Buffer, Buffer> call;
  private final @Nullable JsonBodies json;
  private final Runnable onEnd;

  private long sequence;
  private int taken;
  private int unread;
  private boolean listened;
  private boolean ended;
  private @Nullable Metadata headers;

  /**
   * Creates a stream.
   *
   * @param client the address of its client
   * @param json what the messages are written in, null for bytes
   * @param onEnd called once, after the last frame
   */
  BusStream(
      long id,
      String client,
      EventBus bus,
      ClientCall<Buffer, Buffer> call,
      @Nullable JsonBodies json,
      Runnable onEnd) {
    this.id = id;
    this.client = client;
    this.bus = bus;
    this.call = call;
    this.json = json;
    this.onEnd = onEnd;
  }

  String client() {
    return client;
  }

  /** Makes the call; its responses wait for credit. */
  void start() {
    call.responses().pause();
    // The end comes behind the messages, which wait for credit; the trailers may be there before.
    call.responses()
        .handler(this::onResponse)
        .exceptionHandler(this::onFailure)
        .endHandler(end -> onSuccess());
    call.drainHandler(room -> grant());
    call.sendHeaders();
    call.headers().onSuccess(received -> {
      headers = received;
      sendHeaders();
    });
  }

  // From the client ----------------------------------------------------------------------------

  void onFrame(TransportFrame frame) {
    if (ended) {
      return;
    }
    if (!listened) {
      // Before its first frame the client may not have seen yet that the stream is open.
      listened = true;
      sendHeaders();
    }
    try {
      switch (frame.getFrameCase()) {
        case MESSAGE -> onRequest(frame.getMessage());
        case HALF_CLOSE -> call.halfClose();
        case WINDOW_UPDATE ->
          call.responses().fetch(Math.max(1, frame.getWindowUpdate().getDelta()));
        case CANCEL -> {
          end();
          call.cancel("cancelled by the client");
        }
        default -> {
          // What only a server sends, or what is not known yet.
        }
      }
    } catch (StatusException refused) {
      cancel(refused.status());
    }
  }

  private void onRequest(MessageFrame frame) {
    if (++unread > WINDOW) {
      cancel(Status.RESOURCE_EXHAUSTED.withDescription("more than " + WINDOW
          + " messages that were not granted (" + BusHeaders.INITIAL_WINDOW + ", WindowUpdate)"));
      return;
    }
    Buffer message = Buffer.buffer(frame.getPayload().toByteArray());
    call.send(json == null ? message : json.request(message.toString()));
    taken++;
    if (!call.writeQueueFull()) {
      grant();
    }
  }

  /** Gives credit for what the call has taken, half a window at a time. */
  private void grant() {
    if (taken >= WINDOW / 2 && !ended && !call.writeQueueFull()) {
      unread -= taken;
      send(TransportFrame.newBuilder().setWindowUpdate(WindowUpdate.newBuilder().setDelta(taken)));
      taken = 0;
    }
  }

  /** Ends the stream on both sides. */
  void cancel(Status status) {
    if (!ended) {
      send(TransportFrame.newBuilder()
          .setCancel(
              Cancel.newBuilder().setStatus(status.code().code).setReason(status.description())));
      end();
      call.cancel(status.description());
    }
  }

  // From the call ------------------------------------------------------------------------------

  private void sendHeaders() {
    Metadata received = headers;
    if (listened && received != null) {
      headers = null;
      DeliveryOptions options = new DeliveryOptions();
      BusHeaders.write(received, BusHeaders.METADATA, options);
      send(TransportFrame.newBuilder().setHeaders(Headers.getDefaultInstance()), options);
    }
  }

  private void onResponse(Buffer message) {
    if (ended) {
      return;
    }
    try {
      Buffer payload = json == null ? message : Buffer.buffer(json.response(message));
      sequence++;
      send(TransportFrame.newBuilder()
          .setStreamSequence(sequence)
          .setMessage(
              MessageFrame.newBuilder().setPayload(ByteString.copyFrom(payload.getBytes()))));
    } catch (StatusException unreadable) {
      cancel(unreadable.status());
    }
  }

  private void onSuccess() {
    call.trailers().onSuccess(trailers -> trailers(Status.OK, trailers));
  }

  private void onFailure(Throwable failure) {
    StatusException status = BusFailure.of(failure);
    trailers(new Status(status.code(), BusFailure.text(status)), status.trailers());
  }

  private void trailers(Status status, Metadata trailers) {
    if (ended) {
      return;
    }
    DeliveryOptions options = new DeliveryOptions();
    BusHeaders.write(trailers, BusHeaders.TRAILERS, options);
    send(
        TransportFrame.newBuilder()
            .setTrailers(Trailers.newBuilder()
                .setStatus(status.code().code)
                .setStatusMessage(status.description())),
        options);
    end();
  }

  private void send(TransportFrame.Builder frame) {
    send(frame, new DeliveryOptions());
  }

  private void send(TransportFrame.Builder frame, DeliveryOptions options) {
    if (ended) {
      return;
    }
    Buffer body = BusFrames.write(frame.setStreamId(id).build(), json != null, options);
    bus.<Buffer>sender(client, options).write(body).onFailure(gone -> {
      end();
      call.cancel("nobody listens at " + client);
    });
  }

  private void end() {
    if (!ended) {
      ended = true;
      onEnd.run();
    }
  }
}
