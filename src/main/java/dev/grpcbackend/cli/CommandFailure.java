package dev.grpcbackend.cli;

/** A command that cannot do what it was asked; the message is all that the user is shown. */
final class CommandFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  CommandFailure(String message) {
    super(message);
  }
}
