package dev.grpcbackend.options;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name that somebody may have meant, by edit distance. */
public final class Nearest {

  private Nearest() {}

  /** Returns the candidate nearest to {@code name}, or null if none is near. */
  public static @Nullable String of(String name, Collection<String> candidates) {
    String best = null;
    int bestDistance = Math.max(3, name.length() / 2);
    for (String candidate : candidates) {
      int distance = distance(lastPart(name), lastPart(candidate));
      // The same last part under another parent is near as well.
      int total = Math.min(distance + (distance == 0 ? 1 : 0), distance(name, candidate));
      if (total < bestDistance) {
        bestDistance = total;
        best = candidate;
      }
    }
    return best;
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static int distance(String first, String second) {
    String a = first.toLowerCase(Locale.ROOT);
    String b = second.toLowerCase(Locale.ROOT);
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replace, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
