package dev.grpcbackend.protocol;

import dev.grpcbackend.call.ActiveCalls;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.CallHead;
import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.call.Peer;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import org.jspecify.annotations.Nullable;

/** Shows the observers of a server those requests of one protocol that become no call. */
final class RefusedCalls {

  private final String protocol;
  private final ActiveCalls calls;

  RefusedCalls(String protocol, ActiveCalls calls) {
    this.protocol = protocol;
    this.calls = calls;
  }

  /** A request for an unknown method, or for one that nobody has looked for, was refused. */
  void add(Exchange exchange, Status status) {
    if (calls.observer() != CallObserver.NONE) {
      ObservedCall.refused(
          calls.observer(), new Head(protocol, exchange), path(exchange.target()), status);
    }
  }

  /** A request for a method was refused. */
  void add(Exchange exchange, BoundMethod<?, ?> bound, Status status) {
    if (bound.observer() != CallObserver.NONE) {
      ObservedCall.refused(
          bound.observer(), new Head(protocol, exchange), bound.method().fullName(), status);
    }
  }

  /** A request was answered by HTTP alone: the status is what clients make of that. */
  void addHttp(Exchange exchange, int httpStatus) {
    add(exchange, Status.UNKNOWN.withDescription("HTTP " + httpStatus));
  }

  /** Returns the path as a method's name; a query is left out, as nobody knows what is in it. */
  private static String path(@Nullable String target) {
    if (target == null) {
      return "";
    }
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    return path.startsWith("/") ? path.substring(1) : path;
  }

  private record Head(String protocol, Exchange exchange) implements CallHead {
    @Override
    public Peer peer() {
      return exchange.connection();
    }

    @Override
    public @Nullable String header(CharSequence name) {
      return exchange.header(name);
    }
  }
}
