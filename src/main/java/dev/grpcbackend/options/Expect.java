package dev.grpcbackend.options;

/** The check of one option. In a class of its own, so that records can check while they load. */
public final class Expect {

  private Expect() {}

  /**
   * Refuses a value.
   *
   * @throws IllegalArgumentException {@code key: value (expected: expected)}, if not {@code valid}
   */
  public static void that(boolean valid, String key, Object value, String expected) {
    if (!valid) {
      throw new IllegalArgumentException(key + ": " + value + " (expected: " + expected + ")");
    }
  }
}
