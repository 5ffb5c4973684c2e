package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Status;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.ssl.NotSslRecordException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What it means for a call that HTTP failed under it: the status for a connection that could not be
 * made or was lost, for a reset stream (PROTOCOL-HTTP2, Errors) and for an HTTP response that is no
 * gRPC response (http-grpc-status-mapping).
 */
final class TransportStatus {

  private static final String[] RESET_NAMES = {
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED"
  };

  static final int REFUSED_STREAM = 7;
  private static final int CANCEL = 8;
  static final int ENHANCE_YOUR_CALM = 11;
  private static final int INADEQUATE_SECURITY = 12;

  /** All that Vert.x says when a server ends a connection during its first steps. */
  private static final String CLOSED = "Connection was closed";

  private TransportStatus() {}

  /** Returns the status of calls for which there is no connection to {@code address}. */
  static Status notConnected(Throwable failure, String address, ChannelOptions.Tls tls) {
    return Status.UNAVAILABLE.withDescription(
        "cannot connect to " + address + ": " + refusal(root(failure), tls));
  }

  /** Returns the status of calls to a name of which the addresses are not known. */
  static Status notResolved(Target target, @Nullable Throwable failure) {
    return Status.UNAVAILABLE.withDescription("cannot resolve " + target.text() + ": "
        + (failure == null ? "it has no addresses" : reason(failure)));
  }

  /** Returns the status of a call that would have to wait behind too many others. */
  static Status noPlaceToWait(Target target, ChannelOptions options) {
    ChannelOptions.Connections pool = options.connections();
    return Status.RESOURCE_EXHAUSTED.withDescription("too many calls to " + target.text()
        + ": connections.maxWaitingCalls is " + pool.maxWaitingCalls()
        + ", connections.perTarget is " + pool.perTarget());
  }

  /** Returns the status of a call that waited in vain. */
  static Status waitedTooLong(Target target, ChannelOptions options) {
    return Status.UNAVAILABLE.withDescription("no connection to " + target.text()
        + ", or no room on one, within " + options.connections().maxWait().toMillis()
        + " ms (connections.maxWait)");
  }

  /** Names the option that is likely to be wrong, as what TLS says is for experts. */
  private static String refusal(Throwable root, ChannelOptions.Tls tls) {
    if (root instanceof CertPathBuilderException) {
      return "its certificate is of no authority "
          + (tls.trustFile().isEmpty()
              ? "that Java trusts (tls.trustFile is not set)"
              : "in tls.trustFile, " + tls.trustFile());
    }
    if (root instanceof NotSslRecordException) {
      return "it speaks no TLS (tls.enabled is true)";
    }
    if (!CLOSED.equals(root.getMessage()) && !(root instanceof ClosedChannelException)) {
      return reason(root);
    }
    if (!tls.enabled()) {
      return "it closed the connection; does it want TLS (tls.enabled is false)?";
    }
    return "it closed the connection; does it want "
        + (tls.certFile().isEmpty()
            ? "a client certificate (tls.certFile is not set)?"
            : "another client certificate than tls.certFile, " + tls.certFile() + "?");
  }

  /** Returns the status of a call that had a stream. */
  static Status broken(Throwable failure, String address, @Nullable String closeReason) {
    if (failure instanceof StreamResetException reset) {
      return reset(reset.getCode());
    }
    // A write finds the connection closed before it is said to be: then Netty says so.
    if (failure instanceof HttpClosedException || root(failure) instanceof ClosedChannelException) {
      // What a GOAWAY said is not read: Vert.x keeps its text in a buffer that is released by now.
      return Status.UNAVAILABLE.withDescription(
          "connection to " + address + " " + (closeReason == null ? "was closed" : closeReason));
    }
    if (failure instanceof Http2Exception violation) {
      return Status.INTERNAL.withDescription(
          "response of " + address + " is no HTTP/2: " + reason(violation));
    }
    if (failure instanceof TimeoutException) {
      return Status.CANCELLED.withDescription("idle timeout: " + reason(failure));
    }
    return Status.UNAVAILABLE.withDescription(
        "connection to " + address + " failed: " + reason(failure));
  }

  /** Returns the status for an RST_STREAM with this code that came instead of trailers. */
  static Status reset(long code) {
    Status status;
    if (code == REFUSED_STREAM) {
      status = Status.UNAVAILABLE;
    } else if (code == CANCEL) {
      status = Status.CANCELLED;
    } else if (code == ENHANCE_YOUR_CALM) {
      status = Status.RESOURCE_EXHAUSTED;
    } else if (code == INADEQUATE_SECURITY) {
      status = Status.PERMISSION_DENIED;
    } else {
      status = Status.INTERNAL;
    }
    String name =
        code >= 0 && code < RESET_NAMES.length ? RESET_NAMES[(int) code] : "error " + code;
    return status.withDescription("server reset the stream: " + name);
  }

  /**
   * Returns the status for an HTTP response without a gRPC status (http-grpc-status-mapping). 431 is
   * UNKNOWN as in grpc-go and in the conformance suite; the present table and grpc-java have INTERNAL.
   */
  static Status http(int httpStatus, @Nullable String contentType) {
    Status status = switch (httpStatus) {
      case 400 -> Status.INTERNAL;
      case 401 -> Status.UNAUTHENTICATED;
      case 403 -> Status.PERMISSION_DENIED;
      case 404 -> Status.UNIMPLEMENTED;
      case 429, 502, 503, 504 -> Status.UNAVAILABLE;
      default -> Status.UNKNOWN;
    };
    return status.withDescription("HTTP status " + httpStatus + ", "
        + (contentType == null ? "no content-type" : "content-type " + contentType)
        + " (expected: 200, application/grpc)");
  }

  /** Returns the text of the innermost cause, which names the reason rather than the wrapper. */
  private static String reason(Throwable failure) {
    Throwable root = root(failure);
    String text = root.getMessage();
    return text == null ? root.getClass().getSimpleName() : text;
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
