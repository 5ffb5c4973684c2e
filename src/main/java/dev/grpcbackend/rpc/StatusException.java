package dev.grpcbackend.rpc;

import io.vertx.grpc.common.GrpcStatus;

/**
 * An expected outcome that is not OK. The only exception type that crosses a package; on the server
 * it becomes the status and trailers of the call, on the client it is what a failed call reports.
 *
 * <p>It carries no stack trace: it describes what a peer decided, not where code went wrong.
 */
public final class StatusException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Status status;
  private final transient Metadata trailers;

  /**
   * Creates the exception.
   *
   * @throws IllegalArgumentException for OK, which is no failure
   */
  public StatusException(Status status, Metadata trailers) {
    super(status.toString(), null, false, false);
    if (status.isOk()) {
      throw new IllegalArgumentException("status: OK (expected: a failure)");
    }
    this.status = status;
    this.trailers = trailers;
  }

  public Status status() {
    return status;
  }

  public GrpcStatus code() {
    return status.code();
  }

  /** Returns the metadata that came, or goes, with the status; must not be changed. */
  public Metadata trailers() {
    return trailers;
  }
}
