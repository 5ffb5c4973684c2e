package dev.grpcbackend.server;

import dev.grpcbackend.options.Expect;
import java.util.List;
import java.util.Locale;

/**
 * Which protocols the port speaks. One that is off answers as if it did not exist.
 *
 * @param grpc gRPC over HTTP/2
 * @param grpcWeb gRPC-Web, binary and text
 * @param connect Connect, unary and streaming
 * @param rest JSON over HTTP for methods with {@code google.api.http} rules
 * @param cors which pages of other origins may call from a browser
 */
public record Protocols(boolean grpc, boolean grpcWeb, boolean connect, boolean rest, Cors cors) {

  /** All of them, without pages of other origins. */
  public static final Protocols DEFAULTS = new Protocols(true, true, true, true, Cors.DEFAULTS);

  public Protocols {
    Expect.that(
        grpc || grpcWeb || connect || rest, "protocols.grpc", grpc, "true, as all others are off");
  }

  /** Returns these protocols with other origins. */
  public Protocols withCors(Cors cors) {
    return new Protocols(grpc, grpcWeb, connect, rest, cors);
  }

  /**
   * Cross-origin resource sharing (the Fetch standard).
   *
   * @param origins as browsers send them, {@code https://shop.example}; {@code *} for all; empty for
   *     none, and then no request is treated as one from a page
   * @param allowedHeaders request headers that pages may set beside those of the protocols
   * @param exposedHeaders response headers that pages may read beside those of the protocols
   * @param allowCredentials whether pages may send cookies and the like
   */
  public record Cors(
      List<String> origins,
      List<String> allowedHeaders,
      List<String> exposedHeaders,
      boolean allowCredentials) {

    /** Off. */
    public static final Cors DEFAULTS = new Cors(List.of(), List.of(), List.of(), false);

    /** Stands for every origin. */
    static final String ANY_ORIGIN = "*";

    private static final String ORIGIN = "[a-z][a-z0-9+.-]*://[^/\\s,]+|\\*|null";
    private static final String HEADER = "[a-z0-9_.-]+";

    public Cors {
      origins = List.copyOf(origins);
      allowedHeaders = lowerCase(allowedHeaders);
      exposedHeaders = lowerCase(exposedHeaders);
      for (String origin : origins) {
        Expect.that(
            origin.matches(ORIGIN), "protocols.cors.origins", origin, "https://host:port, or *");
      }
      Expect.that(
          !allowCredentials || !origins.contains(ANY_ORIGIN),
          "protocols.cors.allowCredentials",
          true,
          "false, as protocols.cors.origins has *");
      check("protocols.cors.allowedHeaders", allowedHeaders);
      check("protocols.cors.exposedHeaders", exposedHeaders);
    }

    public boolean isEnabled() {
      return !origins.isEmpty();
    }

    private static List<String> lowerCase(List<String> names) {
      return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    }

    private static void check(String key, List<String> names) {
      for (String name : names) {
        Expect.that(name.matches(HEADER), key, name, "the name of a header");
      }
    }
  }
}
