package dev.grpcbackend.protocol;

import dev.grpcbackend.call.MethodTable;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.Exchange;
import dev.grpcbackend.transport.HeaderBlock;
import org.jspecify.annotations.Nullable;

/** What callers are told whose request becomes no call, in the words of all protocols. */
final class Refusals {

  static final Status EXPIRED =
      Status.DEADLINE_EXCEEDED.withDescription("the deadline had passed on arrival");

  /** What a client makes of the reset of a stream that breaks the rules of HTTP/2. */
  static final Status MALFORMED = Status.INTERNAL.withDescription("malformed head");

  static final String MANY_HOSTS = "more than one host (expected: one)";

  private static final int MAX_PATH_LENGTH = 4096;
  private static final int MAX_ECHO_LENGTH = 200;
  private static final HeaderBlock CLOSE = HeaderBlock.of("connection", "close");

  private Refusals() {}

  /** What the caller wants needs HTTP/2; it has to hear that before it sends more. */
  static void needsHttp2(Exchange exchange) {
    exchange.head(505, CLOSE);
    exchange.end(null, null);
  }

  /** The resource is there, but not for this verb (RFC 9110, section 15.5.6). */
  static void wrongVerb(Exchange exchange, HeaderBlock allow) {
    exchange.head(405, allow);
    exchange.end(null, null);
  }

  static Status tooMuchMetadata(int bytes, CallLimits limits) {
    return Status.RESOURCE_EXHAUSTED.withDescription("metadata of " + bytes
        + " bytes exceeds the limit of " + limits.maxMetadataBytes() + " bytes");
  }

  static Status noJson(Method<?, ?> method) {
    return Status.UNIMPLEMENTED.withDescription(method.fullName() + " has no JSON");
  }

  static Status noPath(@Nullable String path) {
    return Status.UNIMPLEMENTED.withDescription(
        "path: " + shown(path) + " (expected: /package.Service/Method)");
  }

  static Status unknown(String path, MethodTable methods) {
    int slash = path.lastIndexOf('/');
    String service = slash > 1 ? path.substring(1, slash) : path;
    String what = methods.serviceNames().contains(service) ? "unknown method " : "unknown service ";
    String name = what.endsWith("method ") || slash < 1 ? path.substring(1) : service;
    return Status.UNIMPLEMENTED.withDescription(what + shown(name));
  }

  /** Whether a text could be the path of a method: an absolute path of printable ASCII. */
  static boolean isPath(@Nullable String path) {
    if (path == null || path.isEmpty() || path.charAt(0) != '/') {
      return false;
    }
    for (int i = 0; i < path.length() && i <= MAX_PATH_LENGTH; i++) {
      if (path.charAt(i) <= ' ' || path.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static String shown(@Nullable String text) {
    if (text == null) {
      return "none";
    }
    return text.length() <= MAX_ECHO_LENGTH ? text : text.substring(0, MAX_ECHO_LENGTH) + "...";
  }
}
