package dev.grpcbackend.protocol;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request, segment by segment. Routes are found by the decoded text of a segment, so
 * that {@code %2F} is part of it; only a bare {@code :} begins a verb.
 */
final class RequestPath {

  private static final List<String> NONE = List.of();

  private final List<String> raw;
  private final List<String> segments;
  private final @Nullable RequestPath withoutVerb;
  private final String verb;

  private RequestPath(List<String> raw, String verb, @Nullable RequestPath withoutVerb) {
    this.raw = raw;
    this.segments = raw.stream().map(PercentText::segment).toList();
    this.verb = verb;
    this.withoutVerb = withoutVerb;
  }

  /**
   * Reads an absolute path. Null if no route can have it: an empty segment, {@code .} or {@code ..}.
   *
   * @throws dev.grpcbackend.rpc.StatusException INVALID_ARGUMENT for a broken escape
   */
  static @Nullable RequestPath parse(String path) {
    if (path.equals("/")) {
      return new RequestPath(NONE, "", null);
    }
    List<String> raw = Arrays.asList(path.substring(1).split("/", -1));
    String last = raw.get(raw.size() - 1);
    int colon = last.lastIndexOf(':');
    RequestPath withoutVerb = null;
    if (colon > 0 && colon < last.length() - 1) {
      String[] shortened = raw.toArray(new String[0]);
      shortened[shortened.length - 1] = last.substring(0, colon);
      String verb = PercentText.segment(last.substring(colon + 1));
      withoutVerb = new RequestPath(Arrays.asList(shortened), verb, null);
    }
    RequestPath whole = new RequestPath(raw, "", withoutVerb);
    return whole.isClean() && (withoutVerb == null || withoutVerb.isClean()) ? whole : null;
  }

  /** Returns the path as one with a verb, null if nothing in it can be one. */
  @Nullable
  RequestPath withoutVerb() {
    return withoutVerb;
  }

  /** Returns what stood behind the last colon of a path {@link #withoutVerb}; empty otherwise. */
  String verb() {
    return verb;
  }

  /** Returns the segments, decoded. */
  List<String> segments() {
    return segments;
  }

  /** Returns the value of a variable of the template that the path matches. */
  String value(PathTemplate template, PathTemplate.Variable variable) {
    if (template.isSingle(variable)) {
      return segments.get(variable.from());
    }
    boolean toEnd = variable.to() == template.segments().size();
    StringBuilder value = new StringBuilder();
    for (int i = variable.from(); i < (toEnd ? raw.size() : variable.to()); i++) {
      value.append(i == variable.from() ? "" : "/").append(PercentText.segmentOfMany(raw.get(i)));
    }
    return value.toString();
  }

  private boolean isClean() {
    return segments.stream().noneMatch(s -> s.isEmpty() || s.equals(".") || s.equals(".."));
  }
}
