package dev.grpcbackend.testing;

import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;

/** What fuzz targets make of the bytes that they are given, so that a corpus file is what it says. */
public final class Fuzzed {

  private Fuzzed() {}

  /** Returns one character for each byte, as header values come. */
  public static String text(byte[] input) {
    return new String(input, StandardCharsets.ISO_8859_1);
  }

  /** Returns the headers of lines {@code name: value}; a line without a colon is a name. */
  public static MultiMap headers(byte[] input) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    for (String line : text(input).split("\n", -1)) {
      int colon = line.indexOf(": ");
      String name = colon < 0 ? line : line.substring(0, colon);
      if (!name.isEmpty()) {
        headers.add(
            name.toLowerCase(java.util.Locale.ROOT), colon < 0 ? "" : line.substring(colon + 2));
      }
    }
    return headers;
  }

  /** Returns what comes out of a step: its value, or the status that it ends with. */
  public static Object outcome(Callable<?> step) {
    try {
      return step.call();
    } catch (StatusException refused) {
      return refused.status();
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Exception checked) {
      throw new AssertionError(checked);
    }
  }
}
