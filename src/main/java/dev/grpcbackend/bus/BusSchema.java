package dev.grpcbackend.bus;

import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.schema.Schema;
import dev.grpcbackend.schema.SchemaException;
import dev.grpcbackend.schema.ServerReflection;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;

/**
 * What JSON has to know of the methods of a channel, as its server's reflection says it; each method is
 * asked for once. On the context of its verticle.
 */
final class BusSchema {

  /** As many as a server has, and some more that callers have made up. */
  private static final int MAX_METHODS = 10_000;

  private final Vertx vertx;
  private final Schema schema;
  private final Map<String, Future<JsonBodies>> methods = new HashMap<>();

  BusSchema(Vertx vertx, Channel channel) {
    this.vertx = vertx;
    this.schema = new Schema(
        new ServerReflection(channel, "send bytes, with " + BusHeaders.WIRE_FORMAT + ": proto"));
  }

  /** Returns the JSON of a method; fails with UNIMPLEMENTED if that is not known. */
  Future<JsonBodies> method(String name) {
    Future<JsonBodies> known = methods.get(name);
    if (known != null) {
      return known;
    }
    if (methods.size() >= MAX_METHODS) {
      methods.clear();
    }
    // In order, so that one thread at a time asks.
    Future<JsonBodies> asked = vertx
        .executeBlocking(() -> {
          MethodDescriptor method = schema.method(name);
          return new JsonBodies(method, schema.types());
        })
        .recover(failure -> Future.failedFuture(
            failure instanceof SchemaException unknown
                ? Status.UNIMPLEMENTED
                    .withDescription(String.valueOf(unknown.getMessage()))
                    .asException()
                : failure));
    methods.put(name, asked);
    asked.onFailure(failure -> methods.remove(name));
    return asked;
  }
}
