package dev.grpcbackend.protocol;

import java.io.IOException;

/**
 * A text that is no JSON, or no JSON form of the message that it should be. The message is ours, in
 * words that may be sent to the caller: where it went wrong, what was there, what was expected.
 *
 * <p>It carries no stack trace: a text that nests deeply must not be dear to refuse.
 */
final class JsonException extends IOException {

  private static final long serialVersionUID = 1L;

  private static final int MAX_PATH_LENGTH = 200;

  private final boolean ofText;
  private final String path;
  private final String problem;

  private JsonException(boolean ofText, String path, String problem) {
    super(problem);
    this.ofText = ofText;
    this.path = path;
    this.problem = problem;
  }

  /** The text is no JSON (RFC 8259). */
  static JsonException malformed(int position, String expected) {
    return ofText("malformed JSON at byte " + position + " (expected: " + expected + ")");
  }

  /** The text as a whole is wrong, rather than a field. */
  static JsonException ofText(String problem) {
    return new JsonException(true, "", problem);
  }

  /** The text is JSON, but not that of the message. */
  static JsonException of(String problem) {
    return new JsonException(false, "", problem);
  }

  /** The JSON has a value of the wrong kind or out of range. */
  static JsonException expected(String got, String expected) {
    return of(got + " (expected: " + expected + ")");
  }

  /** Returns the same problem as one of a part of {@code parent}: a field, or a {@code [3]}. */
  JsonException within(String parent) {
    if (ofText || path.length() + parent.length() > MAX_PATH_LENGTH) {
      return this;
    }
    boolean joined = path.isEmpty() || path.charAt(0) == '[';
    return new JsonException(false, parent + (joined ? "" : ".") + path, problem);
  }

  @Override
  public String getMessage() {
    return path.isEmpty() ? problem : path + ": " + problem;
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
