package dev.grpcbackend.protocol;

import io.vertx.core.buffer.Buffer;

/** How messages stand in the body of a response. */
enum RestForm {

  /** One message is the body; also the parts of a stream of {@code google.api.HttpBody}. */
  BARE("", "", "", "", ""),

  /** One line a message; a failure is a last line that has {@code error}. */
  LINES("application/x-ndjson", "", "\n", "", ""),

  /**
   * Server-Sent Events (HTML, section 9.2): one event a message, and a last one named {@code error}
   * or {@code end}, because browsers take a mere end of the stream for a fault and ask again.
   */
  EVENTS("text/event-stream", "data: ", "\n\n", "event: error\n", "event: end\ndata: {}\n\n");

  private final String contentType;
  private final String before;
  private final String after;
  private final String beforeError;
  private final String end;

  RestForm(String contentType, String before, String after, String beforeError, String end) {
    this.contentType = contentType;
    this.before = before;
    this.after = after;
    this.beforeError = beforeError;
    this.end = end;
  }

  /** Returns the content type of a body, given that of its first message. */
  CharSequence contentType(CharSequence message) {
    return contentType.isEmpty() ? message : contentType;
  }

  /** Whether a failure can be told after the first message. */
  boolean canFail() {
    return this != BARE;
  }

  /** Adds one message. */
  void message(Buffer message, Buffer into) {
    into.appendString(before).appendBuffer(message).appendString(after);
  }

  /** Adds a failure, a status in JSON, as the last that there is. */
  void error(String status, Buffer into) {
    into.appendString(beforeError);
    message(Buffer.buffer("{\"error\":" + status + "}"), into);
  }

  /** Adds what says that all went well. */
  void end(Buffer into) {
    into.appendString(end);
  }
}
