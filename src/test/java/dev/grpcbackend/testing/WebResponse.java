package dev.grpcbackend.testing;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A whole HTTP response, of either version; header names are in lower case. */
public record WebResponse(int status, List<Field> headers, ByteString body) {

  private static final int WEB_TRAILERS = 0x80;
  private static final int CONNECT_END = 2;

  /** Returns what came back on an HTTP/2 stream. */
  public static WebResponse of(RawResponse response) {
    return new WebResponse(
        response.httpStatus().orElseThrow(() -> new AssertionError("no status: " + response)),
        response.headerBlocks().get(0).fields(),
        response.body());
  }

  /** Returns the first value of a header. */
  public Optional<String> header(String name) {
    return values(name).stream().findFirst();
  }

  /** Returns all values of a header. */
  public List<String> values(String name) {
    return headers.stream().filter(f -> f.name().equals(name)).map(Field::value).toList();
  }

  /** Returns the body as text. */
  public String text() {
    return body.toStringUtf8();
  }

  /** Returns the body as JSON. */
  public JsonObject json() {
    return JsonParser.parseString(text()).getAsJsonObject();
  }

  /** Returns the payloads of the frames before the one that ends a stream of Connect. */
  public List<ByteString> connectMessages() {
    connectEnd();
    List<ByteString> frames = GrpcFrames.split(body);
    return frames.subList(0, frames.size() - 1).stream()
        .map(GrpcFrames::payload)
        .toList();
  }

  /** Returns the JSON that ends a stream of Connect; it must be the last frame, and the only one. */
  public JsonObject connectEnd() {
    List<ByteString> frames = GrpcFrames.split(body);
    for (int i = 0; i < frames.size(); i++) {
      boolean isEnd = frames.get(i).byteAt(0) == CONNECT_END;
      if (isEnd != (i == frames.size() - 1)) {
        throw new AssertionError("frame " + i + " of " + this);
      }
    }
    String end = GrpcFrames.payload(frames.get(frames.size() - 1)).toStringUtf8();
    return JsonParser.parseString(end).getAsJsonObject();
  }

  /** Returns the frames of the body that are messages of gRPC-Web. */
  public List<ByteString> webMessages() {
    return GrpcFrames.split(body).stream()
        .filter(frame -> frame.byteAt(0) >= 0)
        .map(GrpcFrames::payload)
        .toList();
  }

  /** Returns the trailers of gRPC-Web; they must be the last frame of the body, and the only one. */
  public Map<String, String> webTrailers() {
    List<ByteString> frames = GrpcFrames.split(body);
    if (frames.isEmpty()
        || (frames.get(frames.size() - 1).byteAt(0) & 0xFF) != WEB_TRAILERS
        || webMessages().size() != frames.size() - 1) {
      throw new AssertionError("no frame of trailers at the end of " + this);
    }
    Map<String, String> trailers = new TreeMap<>();
    List<String> lines =
        GrpcFrames.payload(frames.get(frames.size() - 1)).toStringUtf8().lines().toList();
    for (String line : lines) {
      int colon = line.indexOf(": ");
      trailers.put(line.substring(0, colon), line.substring(colon + 2));
    }
    return trailers;
  }
}
