package dev.grpcbackend.observe;

import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * The header by which callers say what trace a call belongs to: {@code 00-<trace>-<span>-<flags>}, of
 * 32, 16 and 2 hexadecimal digits.
 *
 * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">Trace Context, 3.2</a>
 */
final class TraceParent {

  static final AsciiString HEADER = AsciiString.cached("traceparent");

  private static final int TRACE_START = 3;
  private static final int TRACE_END = TRACE_START + 32;
  private static final int LENGTH = TRACE_END + 1 + 16 + 1 + 2;

  private TraceParent() {}

  /** Returns the trace's id, or null if there is no header or it is not one. */
  static @Nullable String traceId(@Nullable String header) {
    if (header == null
        || header.length() < LENGTH
        || header.charAt(TRACE_START - 1) != '-'
        || header.charAt(TRACE_END) != '-') {
      return null;
    }
    boolean zero = true;
    for (int i = TRACE_START; i < TRACE_END; i++) {
      char c = header.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return null;
      }
      zero &= c == '0';
    }
    return zero ? null : header.substring(TRACE_START, TRACE_END);
  }
}
