package dev.grpcbackend.observe;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCallHandler;
import dev.grpcbackend.call.ServerInterceptor;
import dev.grpcbackend.rpc.Metadata;
import io.netty.util.AsciiString;
import io.vertx.core.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sends each caller the id of its call as {@code x-request-id}, for it to quote when it complains: the
 * one that it has sent, or one that is made here if it has sent none or one that will not do.
 */
public final class RequestIds implements ServerInterceptor {

  static final AsciiString HEADER = AsciiString.cached("x-request-id");

  private static final Metadata.Key<String> KEY = Metadata.Key.ascii(HEADER.toString());
  private static final int MAX_LENGTH = 64;

  /** Creates what is to be one of the first interceptors. */
  public RequestIds() {}

  @Override
  public <Req, Resp> Future<Void> intercept(
      ServerCall<Req, Resp> call, ServerCallHandler<Req, Resp> next) {
    String sent = accepted(call.headers().get(KEY));
    call.responseHeaders().set(KEY, sent == null ? made() : sent);
    return next.handle(call);
  }

  /** Returns an id that a caller has sent, null if there is none or it is not fit for a log. */
  static @Nullable String accepted(@Nullable String id) {
    if (id == null || id.isEmpty() || id.length() > MAX_LENGTH) {
      return null;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean fit = (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '-' && c <= ':')
          || "_+=".indexOf(c) >= 0;
      if (!fit) {
        return null;
      }
    }
    return id;
  }

  /** Needs to be told from others in a log, not to be hard to guess. */
  private static String made() {
    return Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
  }
}
