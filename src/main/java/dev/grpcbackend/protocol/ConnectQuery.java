package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** The query of a unary GET (Connect protocol, Query-Get). Of a name that repeats, the first counts. */
final class ConnectQuery {

  private final Map<String, String> values = new HashMap<>();

  private ConnectQuery() {}

  /**
   * Reads the text behind the question mark.
   *
   * @throws StatusException INVALID_ARGUMENT if it is malformed
   */
  static ConnectQuery parse(String text) {
    ConnectQuery query = new ConnectQuery();
    for (String parameter : text.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = equals < 0 ? "" : parameter.substring(equals + 1);
      query.values.putIfAbsent(PercentText.query(name), PercentText.query(value));
    }
    return query;
  }

  /**
   * Returns the message, still compressed if it is.
   *
   * @throws StatusException INVALID_ARGUMENT if there is none, or it is not the base64 it should be
   */
  Buffer message() {
    String message = values.get("message");
    if (message == null) {
      throw missing("message");
    }
    if (!text("base64").equals("1")) {
      return Buffer.buffer(message.getBytes(StandardCharsets.UTF_8));
    }
    try {
      return Buffer.buffer(Base64.getUrlDecoder().decode(message));
    } catch (IllegalArgumentException malformed) {
      throw Status.INVALID_ARGUMENT
          .withDescription("query parameter message is not URL-safe base64")
          .asException();
    }
  }

  /**
   * Returns the name of the codec.
   *
   * @throws StatusException INVALID_ARGUMENT if there is none
   */
  String encoding() {
    if (!values.containsKey("encoding")) {
      throw missing("encoding");
    }
    return text("encoding");
  }

  /** Returns the name of the compression, empty if there is none. */
  String compression() {
    return text("compression");
  }

  /**
   * Checks that the version, if there is one, is ours.
   *
   * @throws StatusException INVALID_ARGUMENT otherwise
   */
  void checkVersion() {
    if (values.containsKey("connect") && !text("connect").equals("v1")) {
      throw Status.INVALID_ARGUMENT
          .withDescription("query parameter connect is not supported (expected: v1)")
          .asException();
    }
  }

  private String text(String name) {
    return values.getOrDefault(name, "");
  }

  private static StatusException missing(String name) {
    return Status.INVALID_ARGUMENT
        .withDescription("query parameter " + name + " is missing")
        .asException();
  }
}
