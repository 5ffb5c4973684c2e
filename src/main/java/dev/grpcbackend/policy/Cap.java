package dev.grpcbackend.policy;

import dev.grpcbackend.rpc.Method;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds the calls of methods to a size of request messages, {@code limit helloworld.Greeter/* to
 * 65536 bytes per message}, or to a time, {@code limit * to 2.5s per call}. It only lowers what holds
 * for the server.
 *
 * @param bytes the size, {@link Integer#MAX_VALUE} for a cap of the time
 * @param nanos the time, {@link Long#MAX_VALUE} for a cap of the size
 */
record Cap(String text, String methods, int bytes, long nanos) {

  private static final Pattern SIZE =
      Pattern.compile("limit " + Rule.METHODS + " to ([1-9]\\d{0,8}) bytes per message");

  private static final Pattern TIME =
      Pattern.compile("limit " + Rule.METHODS + " to (\\d{1,6}(?:\\.\\d{1,3})?)(ms|s) per call");

  /** Reads a cap; returns null if the text is none. */
  static @Nullable Cap of(String text) {
    Matcher size = SIZE.matcher(text);
    if (size.matches()) {
      return new Cap(text, size.group(1), Integer.parseInt(size.group(2)), Long.MAX_VALUE);
    }
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      return null;
    }
    int digits = time.group(3).equals("s") ? 9 : 6;
    long nanos = new BigDecimal(time.group(2)).movePointRight(digits).longValueExact();
    return nanos == 0 ? null : new Cap(text, time.group(1), Integer.MAX_VALUE, nanos);
  }

  /** Calls that stay open by design are held to a time only if it names them, or their service. */
  boolean isFor(Method<?, ?> method) {
    return Rule.matches(methods, method)
        && !(method.longLived() && methods.equals("*") && nanos < Long.MAX_VALUE);
  }

  @Override
  public String toString() {
    return text;
  }
}
