package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.StatusException;
import org.jspecify.annotations.Nullable;

/**
 * Says what a caller is told when a handler fails with an exception of the application: the one place
 * for rules such as "no such order is NOT_FOUND". A {@code StatusException} is not asked about; it
 * says so itself.
 *
 * <p>Runs on the call's context and must not block. Calls on several event loops share one instance.
 */
@FunctionalInterface
public interface ExceptionMapper {

  /** Knows no exception. */
  ExceptionMapper NONE = (failure, method) -> null;

  /**
   * Returns the outcome of the call, or null for a failure that it does not know: that one is logged
   * and becomes UNKNOWN with an error id, and so does a failure for which this throws.
   */
  @Nullable
  StatusException map(Throwable failure, Method<?, ?> method);
}
