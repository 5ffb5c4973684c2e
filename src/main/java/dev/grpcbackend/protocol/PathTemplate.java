package dev.grpcbackend.protocol;

import java.util.ArrayList;
import java.util.List;

/**
 * A path template of {@code google/api/http.proto}, section "Path template syntax":
 *
 * <pre>
 * Template = "/" Segments [ Verb ] ;
 * Segments = Segment { "/" Segment } ;
 * Segment  = "*" | "**" | LITERAL | Variable ;
 * Variable = "{" FieldPath [ "=" Segments ] "}" ;
 * Verb     = ":" LITERAL ;
 * </pre>
 *
 * @param text the template as it is written
 * @param segments what a path has to look like, variables replaced by what they match
 * @param variables which segments are the value of which field
 * @param verb what follows the last segment after a colon; empty for none
 */
record PathTemplate(String text, List<Segment> segments, List<Variable> variables, String verb) {

  /** What one segment of a path may be. */
  enum Kind {
    /** One text. */
    LITERAL,
    /** Any one segment. */
    ONE,
    /** All segments that are left, also none. */
    REST
  }

  /**
   * One segment.
   *
   * @param literal its text, decoded; empty unless it is a {@link Kind#LITERAL}
   */
  record Segment(Kind kind, String literal) {}

  /**
   * A field whose value is in the path.
   *
   * @param fieldPath the field, {@code book.name}
   * @param from the first of its segments
   * @param to the segment after its last
   */
  record Variable(String fieldPath, int from, int to) {}

  /**
   * Parses a template.
   *
   * @throws IllegalArgumentException if it does not follow the grammar
   */
  static PathTemplate parse(String text) {
    return new Parser(text).template();
  }

  /** Whether a variable is one segment, which is then decoded as a whole. */
  boolean isSingle(Variable variable) {
    return variable.to() - variable.from() == 1
        && segments.get(variable.from()).kind() != Kind.REST;
  }

  private static final class Parser {

    private final String text;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Variable> variables = new ArrayList<>();
    private int position;

    Parser(String text) {
      this.text = text;
    }

    PathTemplate template() {
      take('/');
      segments(true);
      String verb = "";
      if (isAt(':')) {
        position++;
        verb = literal();
      }
      if (position < text.length()) {
        throw malformed("nothing more at character " + position);
      }
      for (int i = 0; i < segments.size() - 1; i++) {
        if (segments.get(i).kind() == Kind.REST) {
          throw malformed("** as the last segment");
        }
      }
      return new PathTemplate(text, List.copyOf(segments), List.copyOf(variables), verb);
    }

    private void segments(boolean mayHaveVariables) {
      segment(mayHaveVariables);
      while (isAt('/')) {
        position++;
        segment(mayHaveVariables);
      }
    }

    private void segment(boolean mayBeVariable) {
      if (isAt('*')) {
        position++;
        boolean rest = isAt('*');
        if (rest) {
          position++;
        }
        segments.add(new Segment(rest ? Kind.REST : Kind.ONE, ""));
      } else if (isAt('{')) {
        if (!mayBeVariable) {
          throw malformed("no variable within a variable");
        }
        variable();
      } else {
        segments.add(new Segment(Kind.LITERAL, literal()));
      }
    }

    private void variable() {
      take('{');
      int start = position;
      while (position < text.length() && !isAt('=') && !isAt('}')) {
        position++;
      }
      String fieldPath = text.substring(start, position);
      int from = segments.size();
      if (isAt('=')) {
        position++;
        segments(false);
      } else {
        segments.add(new Segment(Kind.ONE, ""));
      }
      take('}');
      variables.add(new Variable(fieldPath, from, segments.size()));
    }

    private String literal() {
      int start = position;
      while (position < text.length() && "/:{}*=".indexOf(text.charAt(position)) < 0) {
        position++;
      }
      if (position == start) {
        throw malformed("a segment at character " + start);
      }
      try {
        return PercentText.segment(text.substring(start, position));
      } catch (dev.grpcbackend.rpc.StatusException malformed) {
        throw malformed(malformed.status().description());
      }
    }

    private boolean isAt(char c) {
      return position < text.length() && text.charAt(position) == c;
    }

    private void take(char c) {
      if (!isAt(c)) {
        throw malformed(c + " at character " + position);
      }
      position++;
    }

    private IllegalArgumentException malformed(String expected) {
      return new IllegalArgumentException(
          "path template: " + text + " (expected: " + expected + ")");
    }
  }
}
