package dev.grpcbackend.observe;

import java.nio.charset.StandardCharsets;

/** The fields of a line of the call log, in their order; those that do not apply are left out. */
final class LogField {

  static final LogField TIME = new LogField("time");
  static final LogField PROTOCOL = new LogField("protocol");
  static final LogField METHOD = new LogField("method");
  static final LogField PEER = new LogField("peer");
  static final LogField PRINCIPAL = new LogField("principal");
  static final LogField STATUS = new LogField("status");
  static final LogField MESSAGE = new LogField("message");
  static final LogField DURATION_MS = new LogField("duration_ms");
  static final LogField SLOW = new LogField("slow");
  static final LogField REQ_MESSAGES = new LogField("req_messages");
  static final LogField REQ_BYTES = new LogField("req_bytes");
  static final LogField RESP_MESSAGES = new LogField("resp_messages");
  static final LogField RESP_BYTES = new LogField("resp_bytes");
  static final LogField DEADLINE_MS = new LogField("deadline_ms");
  static final LogField TRACE_ID = new LogField("trace_id");
  static final LogField REQUEST_ID = new LogField("request_id");

  private final byte[] inText;
  private final byte[] inJson;

  private LogField(String name) {
    boolean first = name.equals("time");
    inText = bytes((first ? "" : " ") + name + "=");
    inJson = bytes((first ? "{\"" : ",\"") + name + "\":");
  }

  /** Returns the name with what stands before and after it; not to be changed. */
  byte[] name(boolean json) {
    return json ? inJson : inText;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
