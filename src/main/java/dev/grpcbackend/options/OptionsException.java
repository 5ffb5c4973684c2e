package dev.grpcbackend.options;

/** A configuration that cannot be used; the message names source, key, value and expectation. */
public final class OptionsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public OptionsException(String message) {
    super(message);
  }
}
