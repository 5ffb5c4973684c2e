package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Decides what a caller is told when a handler fails, and what the log is told.
 *
 * <p>Expected outcomes keep their status, those that the {@link ExceptionMapper} knows get its. Anything else is UNKNOWN with a constant text and an error
 * id; the exception itself goes to the log under the same id and never to the wire.
 */
final class Failures {

  private static final FailureLog LOG =
      new FailureLog(LoggerFactory.getLogger(Failures.class), System::nanoTime);

  private Failures() {}

  /** Returns the outcome of a call whose handler failed; {@code late} if the call had ended. */
  static StatusException outcome(
      Throwable failure, Method<?, ?> method, boolean late, ExceptionMapper mapper) {
    if (failure instanceof StatusException expected) {
      return expected;
    }
    if (failure instanceof io.vertx.grpc.server.StatusException expected) {
      String message = expected.message();
      return new StatusException(
          new Status(nonOk(expected.status()), message == null ? "" : message), Metadata.EMPTY);
    }
    StatusException known = mapped(failure, method, late, mapper);
    if (known != null) {
      return known;
    }
    if (failure instanceof UnsupportedOperationException) {
      return Status.UNIMPLEMENTED
          .withDescription("method " + method.fullName() + " is not implemented")
          .asException();
    }
    String errorId = LOG.add(method.fullName(), failure, late);
    return Status.UNKNOWN
        .withDescription("internal error [error id " + errorId + "]")
        .asException();
  }

  private static @Nullable StatusException mapped(
      Throwable failure, Method<?, ?> method, boolean late, ExceptionMapper mapper) {
    try {
      return mapper.map(failure, method);
    } catch (Throwable broken) {
      // Throwable: whatever is wrong with the mapper, the call gets its end.
      if (broken != failure) {
        LOG.add(method.fullName(), broken, late);
      }
      return null;
    }
  }

  private static GrpcStatus nonOk(GrpcStatus status) {
    return status == GrpcStatus.OK ? GrpcStatus.UNKNOWN : status;
  }
}
