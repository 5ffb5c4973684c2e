package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What came back on one stream until it ended. */
public record RawResponse(List<Frame> frames) {

  /** Returns the HTTP status; empty if the stream was reset before it. */
  public OptionalInt httpStatus() {
    return integer(header(":status"));
  }

  /** Returns a field of the first header block. */
  public Optional<String> header(String name) {
    return headerBlocks().stream().findFirst().flatMap(block -> block.field(name));
  }

  /** Returns a field of the header block that ended the stream; in Trailers-Only it is the first. */
  public Optional<String> trailer(String name) {
    return headerBlocks().stream()
        .filter(Frame::endsStream)
        .findFirst()
        .flatMap(block -> block.field(name));
  }

  /** Returns the status number at the end of the stream. */
  public OptionalInt grpcStatus() {
    return integer(trailer("grpc-status"));
  }

  /** Returns the status message as it was sent, percent-encoded. */
  public String grpcMessage() {
    return trailer("grpc-message").orElse("");
  }

  /** Whether the response was one header block that ended the stream. */
  public boolean isTrailersOnly() {
    return headerBlocks().size() == 1
        && headerBlocks().get(0).endsStream()
        && body().isEmpty();
  }

  /** Returns all DATA. */
  public ByteString body() {
    return frames.stream()
        .filter(frame -> frame.type() == Frame.DATA)
        .map(Frame::payload)
        .reduce(ByteString.EMPTY, ByteString::concat);
  }

  /** Returns the gRPC messages of the body, prefix included. */
  public List<ByteString> messages() {
    return GrpcFrames.split(body());
  }

  /** Returns the code of the RST_STREAM, if one was received. */
  public OptionalInt resetCode() {
    return frames.stream()
        .filter(frame -> frame.type() == Frame.RST_STREAM)
        .mapToInt(frame -> frame.integer(0))
        .findFirst();
  }

  /** Returns the header blocks in order. */
  public List<Frame> headerBlocks() {
    return frames.stream().filter(frame -> frame.type() == Frame.HEADERS).toList();
  }

  private static OptionalInt integer(Optional<String> text) {
    return text.isPresent() ? OptionalInt.of(Integer.parseInt(text.get())) : OptionalInt.empty();
  }
}
