package dev.grpcbackend.bus;

import dev.grpcbackend.client.CallOptions;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.MethodType;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One channel at its addresses: a message is a unary call, its reply the response; or it opens a stream,
 * whose frames go to and fro between two other addresses.
 */
final class BusChannel {

  /** Calls at a time; each keeps a request and its response. */
  static final int MAX_CALLS = 1_000;

  /** Nobody waits for a reply for longer, unless the caller says so. */
  private static final Duration REPLY_TIMEOUT = Duration.ofMillis(DeliveryOptions.DEFAULT_TIMEOUT);

  private final Vertx vertx;
  private final Channel channel;
  private final BusSchema schema;
  private final BusEndpoint endpoint;
  private int calls;

  BusChannel(Vertx vertx, Channel channel, BusEndpoint endpoint) {
    this.vertx = vertx;
    this.endpoint = endpoint;
    this.channel = channel;
    this.schema = new BusSchema(vertx, channel);
  }

  /**
   * Listens at the channel's own address, and at those of services.
   *
   * @return what completes when all nodes know
   */
  Future<Void> listen(String address, List<String> services) {
    List<Future<Void>> known = new ArrayList<>();
    known.add(vertx.eventBus().consumer(address, message -> handle(message, "")).completion());
    for (String service : services) {
      known.add(vertx
          .eventBus()
          .consumer(service, message -> handle(message, service))
          .completion());
    }
    return Future.all(known).mapEmpty();
  }

  Future<Void> close() {
    return channel.close();
  }

  private void handle(Message<Object> message, String service) {
    if (calls >= MAX_CALLS) {
      fail(
          message,
          Status.RESOURCE_EXHAUSTED
              .withDescription(MAX_CALLS + " calls by this channel at a time")
              .asException());
      return;
    }
    calls++;
    Future<Void> called;
    try {
      called = call(message, service);
    } catch (RuntimeException refused) {
      called = Future.failedFuture(refused);
    }
    called.onComplete(done -> {
      calls--;
      if (done.failed()) {
        fail(message, done.cause());
      }
    });
  }

  private Future<Void> call(Message<Object> message, String service) {
    String action = message.headers().get(BusHeaders.ACTION);
    String name = action == null || action.indexOf('/') >= 0 || service.isEmpty()
        ? action
        : service + "/" + action;
    int slash = name == null ? -1 : name.indexOf('/');
    if (name == null || slash <= 0 || slash == name.length() - 1) {
      throw BusHeaders.invalid(BusHeaders.ACTION, name, "package.Service/Method");
    }
    String client = message.headers().get(BusHeaders.CLIENT_ADDRESS);
    Duration timeout = BusHeaders.timeout(message.headers(), client == null ? REPLY_TIMEOUT : null);
    CallOptions options = CallOptions.DEFAULTS.withMetadata(BusHeaders.metadata(message.headers()));
    if (timeout != null) {
      options = options.withTimeout(timeout);
    }
    return call(message, name, client, options);
  }

  private Future<Void> call(
      Message<Object> message, String name, @Nullable String client, CallOptions options) {
    Object body = message.body();
    int slash = name.indexOf('/');
    Method<Buffer, Buffer> method = new Method<>(
        name.substring(0, slash),
        name.substring(slash + 1),
        client == null ? MethodType.UNARY : MethodType.BIDI_STREAMING,
        RawMarshaller.INSTANCE,
        RawMarshaller.INSTANCE,
        false,
        null);
    if (client != null) {
      long id = number(message, BusHeaders.STREAM_ID);
      if (!BusHeaders.isJson(message.headers(), false)) {
        return stream(message, id, client, options, method, null);
      }
      return schema
          .method(name)
          .compose(bodies -> stream(message, id, client, options, method, bodies));
    }
    if (!BusHeaders.isJson(message.headers(), body instanceof JsonObject)) {
      if (!(body == null || body instanceof Buffer)) {
        throw unexpected(body, "a Buffer");
      }
      Buffer request = body == null ? Buffer.buffer() : (Buffer) body;
      return unary(options, method, request).map(answer -> {
        message.reply(answer.response(), answer.headers(BusHeaders.PROTO));
        return null;
      });
    }
    JsonObject request = json(body);
    return schema
        .method(name)
        .compose(bodies -> unary(options, method, bodies.request(request.encode()))
            .map(answer -> {
              message.reply(
                  new JsonObject(bodies.response(answer.response())),
                  answer.headers(BusHeaders.JSON));
              return null;
            }));
  }

  /** Opens a stream, and completes when it has ended. */
  private Future<Void> stream(
      Message<Object> message,
      long id,
      String client,
      CallOptions options,
      Method<Buffer, Buffer> method,
      @Nullable JsonBodies json) {
    if (endpoint.has(id)) {
      throw BusHeaders.invalid(BusHeaders.STREAM_ID, String.valueOf(id), "one that is not open");
    }
    long silence = message.headers().contains(BusHeaders.PING_TIMEOUT)
        ? number(message, BusHeaders.PING_TIMEOUT)
        : 0;
    Promise<Void> end = Promise.promise();
    BusStream stream = new BusStream(
        id, client, vertx.eventBus(), channel.with(options).call(method), json, () -> {
          endpoint.remove(id);
          end.complete();
        });
    endpoint.add(id, stream, silence);
    message.reply(
        null,
        new DeliveryOptions()
            .addHeader(BusHeaders.SERVER_ADDRESS, endpoint.address())
            .addHeader(BusHeaders.INITIAL_WINDOW, String.valueOf(BusStream.WINDOW)));
    stream.start();
    return end.future();
  }

  private static long number(Message<Object> message, String header) {
    String value = message.headers().get(header);
    try {
      long number = value == null ? 0 : Long.parseLong(value);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException none) {
      // Told below.
    }
    throw BusHeaders.invalid(header, value, "a number from 1 on");
  }

  private static JsonObject json(@Nullable Object body) {
    if (body instanceof JsonObject json) {
      return json;
    }
    if (body == null) {
      return new JsonObject();
    }
    throw unexpected(body, "a JsonObject");
  }

  private static StatusException unexpected(Object body, String expected) {
    return Status.INVALID_ARGUMENT
        .withDescription(
            "body: " + body.getClass().getSimpleName() + " (expected: " + expected + ")")
        .asException();
  }

  private record Answer(Metadata before, Buffer response, Metadata after) {

    DeliveryOptions headers(String format) {
      DeliveryOptions options = new DeliveryOptions().addHeader(BusHeaders.WIRE_FORMAT, format);
      BusHeaders.write(before, BusHeaders.METADATA, options);
      BusHeaders.write(after, BusHeaders.TRAILERS, options);
      return options;
    }
  }

  private Future<Answer> unary(CallOptions options, Method<Buffer, Buffer> method, Buffer request) {
    ClientCall<Buffer, Buffer> call = channel.with(options).call(method);
    call.sendLast(request).onFailure(unsent -> call.cancel("the request could not be sent"));
    return call.response()
        .compose(response -> call.trailers()
            .map(trailers -> new Answer(call.headers().result(), response, trailers)));
  }

  private static void fail(Message<Object> message, Throwable failure) {
    StatusException status = BusFailure.of(failure);
    message.fail(status.code().code, BusFailure.text(status));
  }
}
