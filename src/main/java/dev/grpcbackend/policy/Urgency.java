package dev.grpcbackend.policy;

import dev.grpcbackend.rpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * How urgent a caller says that its call is: the parameter {@code u} of the header {@code priority},
 * from 0, the most urgent, to 7, with 3 where it is absent or malformed (RFC 9218, section 4.1).
 */
final class Urgency {

  private static final String HEADER = "priority";
  private static final String PARAMETER = "u=";
  private static final char USUAL = '3';

  private Urgency() {}

  static int of(Metadata headers) {
    @Nullable String value = headers.get(HEADER);
    int at = value == null ? -1 : value.indexOf(PARAMETER);
    if (value == null || at < 0 || at + PARAMETER.length() >= value.length()) {
      return WaitingCalls.USUAL;
    }
    char urgency = value.charAt(at + PARAMETER.length());
    if (urgency < '0' || urgency > '7' || urgency == USUAL) {
      return WaitingCalls.USUAL;
    }
    return urgency < USUAL ? WaitingCalls.FIRST : WaitingCalls.LAST;
  }
}
