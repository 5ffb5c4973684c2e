package dev.grpcbackend.schema;

/** A schema that lacks what it was asked for, or is none; the message is for users. */
public final class SchemaException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public SchemaException(String message) {
    super(message);
  }
}
