package dev.grpcbackend.wirecontract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawResponse;
import dev.grpcbackend.testing.RequestFields;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Makes each request twice, by HTTP/1.1 and by HTTP/2 and byte for byte as it is given, and expects
 * the same answer.
 */
final class RestPeer {

  /** Headers of responses that a version of HTTP has for itself. */
  private static final List<String> OF_ONE_VERSION =
      List.of("content-length", "transfer-encoding", "connection", ":status");

  private static final int MAX_FRAME_BYTES = 16_384;

  private final IntSupplier port;

  RestPeer(WireServer server) {
    this.port = server::port;
  }

  RestPeer(int port) {
    this.port = () -> port;
  }

  /** One answer, the same by both versions. */
  record Reply(int status, List<String> headers, String body) {

    Optional<String> header(String name) {
      return headers.stream()
          .filter(header -> header.startsWith(name + ": "))
          .map(header -> header.substring(name.length() + 2))
          .findFirst();
    }

    JsonElement json() {
      assertThat(header("content-type")).as(toString()).hasValue("application/json");
      return JsonParser.parseString(body);
    }

    /** 200 and this JSON. */
    Reply ok(String json) {
      assertThat(status).as(toString()).isEqualTo(200);
      assertThat(json()).isEqualTo(JsonParser.parseString(json));
      return this;
    }

    /** An error of this code with a message that has this part. */
    Reply fails(int http, int code, String message) {
      assertThat(status).as(toString()).isEqualTo(http);
      assertThat(json().getAsJsonObject().keySet()).containsExactly("code", "message", "details");
      assertThat(json().getAsJsonObject().get("code").getAsInt()).isEqualTo(code);
      assertThat(json().getAsJsonObject().get("message").getAsString()).contains(message);
      return this;
    }
  }

  Reply get(String target) {
    return call("GET", target, "", "");
  }

  Reply send(String verb, String target, String json) {
    return call(verb, target, "content-type: application/json", json);
  }

  /** Makes a request with headers, one a line. */
  Reply call(String verb, String target, String headers, String body) {
    return call(verb, target, headers, ByteString.copyFromUtf8(body));
  }

  Reply call(String verb, String target, String headers, ByteString body) {
    List<String> lines = headers.lines().toList();
    Reply second = http2(verb, target, lines, body);
    Reply first = http1(verb, target, lines, body);
    assertThat(first).isEqualTo(second);
    return second;
  }

  /** Makes a request by HTTP/2 alone. */
  Reply http2(String verb, String target, List<String> headers, ByteString body) {
    RequestFields fields =
        RequestFields.grpc(target).with(":method", verb).without("te").without("content-type");
    for (String header : headers) {
      String[] field = header.split(": ", 2);
      fields = fields.and(field[0], field[1]);
    }
    RawResponse response;
    try (RawHttp2Peer peer = RawHttp2Peer.connect(port.getAsInt())) {
      response = peer.open(fields).endInFrames(body, MAX_FRAME_BYTES).response();
    }
    List<String> received = new ArrayList<>();
    response
        .headerBlocks()
        .get(0)
        .fields()
        .forEach(field -> received.add(field.name() + ": " + field.value()));
    assertThat(response.resetCode().orElse(0)).as(response.toString()).isZero();
    return new Reply(
        response.httpStatus().orElse(0), common(received), response.body().toStringUtf8());
  }

  /** Makes a request by HTTP/1.1 alone. */
  Reply http1(String verb, String target, List<String> headers, ByteString body) {
    List<String> lines =
        new ArrayList<>(List.of(verb + " " + target + " HTTP/1.1", "Host: localhost"));
    lines.addAll(headers);
    lines.add("Connection: close");
    if (!body.isEmpty()) {
      lines.add("Content-Length: " + body.size());
    }
    byte[] head = (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    return parse(raw(ByteString.copyFrom(head).concat(body)), verb.equals("HEAD"));
  }

  /** Sends bytes and returns all that comes until the server closes the connection. */
  byte[] raw(ByteString request) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.getAsInt())) {
      socket.setSoTimeout(8_000);
      socket.getOutputStream().write(request.toByteArray());
      socket.getOutputStream().flush();
      return socket.getInputStream().readAllBytes();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static Reply parse(byte[] response, boolean headOnly) {
    String text = new String(response, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    assertThat(end).as(text).isPositive();
    List<String> lines = text.substring(0, end).lines().toList();
    List<String> headers = new ArrayList<>();
    boolean chunked = false;
    for (String line : lines.subList(1, lines.size())) {
      String[] field = line.split(": ", 2);
      headers.add(field[0].toLowerCase(Locale.ROOT) + ": " + field[1]);
      chunked |= field[0].equalsIgnoreCase("transfer-encoding");
    }
    byte[] rest = java.util.Arrays.copyOfRange(response, end + 4, response.length);
    if (headOnly) {
      assertThat(rest).isEmpty();
    }
    byte[] body = chunked && !headOnly ? dechunked(rest) : rest;
    return new Reply(
        Integer.parseInt(lines.get(0).substring(9, 12)),
        common(headers),
        new String(body, StandardCharsets.UTF_8));
  }

  private static byte[] dechunked(byte[] chunks) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String text = new String(chunks, StandardCharsets.ISO_8859_1);
    int at = 0;
    while (true) {
      int line = text.indexOf("\r\n", at);
      assertThat(line).as("the last chunk of " + text).isPositive();
      int size = Integer.parseInt(text.substring(at, line), 16);
      if (size == 0) {
        return body.toByteArray();
      }
      body.write(chunks, line + 2, size);
      at = line + 2 + size + 2;
    }
  }

  private static List<String> common(List<String> headers) {
    return headers.stream()
        .filter(header -> !OF_ONE_VERSION.contains(header.substring(0, header.indexOf(": "))))
        .sorted()
        .toList();
  }
}
