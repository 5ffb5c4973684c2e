package dev.grpcbackend.rpc;

import com.google.protobuf.Message;
import io.vertx.grpc.common.GrpcStatus;
import org.jspecify.annotations.Nullable;

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
  private final String server;
  private final int attempts;

  /**
   * Creates the exception.
   *
   * @throws IllegalArgumentException for OK, which is no failure
   */
  public StatusException(Status status, Metadata trailers) {
    this(status, trailers, "", 0);
  }

  private StatusException(Status status, Metadata trailers, String server, int attempts) {
    super(status.toString(), null, false, false);
    if (status.isOk()) {
      throw new IllegalArgumentException("status: OK (expected: a failure)");
    }
    this.status = status;
    this.trailers = trailers;
    this.server = server;
    this.attempts = attempts;
  }

  /** Returns a copy that says where a call has failed, and at which attempt. */
  public StatusException at(String server, int attempts) {
    return new StatusException(status, trailers, server, attempts);
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

  /**
   * Returns the first detail of one type that came, or goes, with the status, null if there is none
   * or it is malformed.
   */
  public <T extends Message> @Nullable T detail(Class<T> type) {
    return RichStatus.detail(this, type);
  }

  /** Returns the address of the server that a call was sent to, empty if it was sent to none. */
  public String server() {
    return server;
  }

  /** Returns how often a call was tried, without what no server has seen; 0 if it was not. */
  public int attempts() {
    return attempts;
  }
}
