package dev.grpcbackend.observe;

import dev.grpcbackend.options.Expect;
import java.time.Duration;
import java.util.List;

/**
 * Which calls the call log has, and where it goes.
 *
 * @param file where lines are appended; {@code -} for standard output, empty for no log
 * @param format of a line
 * @param sampleEvery of the calls that succeed, one in so many is written; all others always are
 * @param slowAfter a call that takes longer is written whatever became of it; 0 for none
 * @param requestIds whether a caller is sent the {@code x-request-id} of its call, one that is made
 *     here if it has sent none
 * @param exempt services, or service/method, whose calls are not written
 */
public record CallLogOptions(
    String file,
    Format format,
    int sampleEvery,
    Duration slowAfter,
    boolean requestIds,
    List<String> exempt) {

  /** How a line looks; the names of the fields are the same. */
  public enum Format {
    /** {@code name=value}, in quotes where a value has more than letters, digits and the like. */
    TEXT,
    /** One object of JSON. */
    JSON
  }

  /** Off; then every call but those of health checks, as text. */
  public static final CallLogOptions DEFAULTS = new CallLogOptions(
      "", Format.TEXT, 1, Duration.ZERO, false, List.of("grpc.health.v1.Health"));

  public CallLogOptions {
    Expect.that(sampleEvery > 0, "callLog.sampleEvery", sampleEvery, "> 0");
    Expect.that(!slowAfter.isNegative(), "callLog.slowAfter", slowAfter, ">= 0");
    exempt = List.copyOf(exempt);
  }

  public boolean isEnabled() {
    return !file.isEmpty();
  }
}
