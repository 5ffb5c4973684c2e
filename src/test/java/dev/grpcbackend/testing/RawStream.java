package dev.grpcbackend.testing;

import com.google.protobuf.ByteString;
import java.util.List;

/** One stream of a {@link RawHttp2Peer}. Nothing that is sent is checked. */
public final class RawStream {

  private final RawHttp2Peer peer;
  private final int id;

  RawStream(RawHttp2Peer peer, int id) {
    this.peer = peer;
    this.id = id;
  }

  public int id() {
    return id;
  }

  /** Sends one DATA frame. */
  public RawStream data(ByteString bytes) {
    peer.send(Frame.DATA, 0, id, bytes);
    return this;
  }

  /** Sends one DATA frame that ends the stream. */
  public RawStream end(ByteString bytes) {
    peer.send(Frame.DATA, Frame.END_STREAM, id, bytes);
    return this;
  }

  /** Sends the bytes in DATA frames of at most this size, and ends the stream. */
  public RawStream endInFrames(ByteString bytes, int maxBytes) {
    for (int at = 0; at < bytes.size(); at += maxBytes) {
      data(bytes.substring(at, Math.min(bytes.size(), at + maxBytes)));
    }
    return end();
  }

  /** Ends the stream with an empty DATA frame. */
  public RawStream end() {
    return end(ByteString.EMPTY);
  }

  /** Ends the stream with a header block of one field. */
  public RawStream trailers(String name, String value) {
    ByteString block = HeaderBlocks.encode(List.of(new Field(name, value)));
    peer.send(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, id, block);
    return this;
  }

  /** Sends one RST_STREAM. */
  public RawStream reset(int code) {
    peer.send(Frame.RST_STREAM, 0, id, RawHttp2Peer.integer(code));
    return this;
  }

  /** Lets the server send that many bytes more on this stream. */
  public RawStream windowUpdate(int bytes) {
    peer.send(Frame.WINDOW_UPDATE, 0, id, RawHttp2Peer.integer(bytes));
    return this;
  }

  /** Waits for the end of the response, by END_STREAM or by a reset. */
  public RawResponse response() {
    peer.await(
        "the end of stream " + id,
        () -> peer.frames(id).stream()
            .anyMatch(frame -> frame.endsStream() || frame.type() == Frame.RST_STREAM));
    return soFar();
  }

  /** Waits for a RST_STREAM, also one after the end of the response. */
  public RawResponse reset() {
    peer.await("RST_STREAM on stream " + id, () -> soFar().resetCode().isPresent());
    return soFar();
  }

  /** Waits until that many header blocks have come. */
  public RawResponse headerBlocks(int count) {
    peer.await(
        count + " header blocks on stream " + id, () -> soFar().headerBlocks().size() >= count);
    return soFar();
  }

  /** Waits until that many bytes of DATA have come. */
  public RawResponse body(int bytes) {
    peer.await(bytes + " bytes on stream " + id, () -> soFar().body().size() >= bytes);
    return soFar();
  }

  /** Returns what has been read up to now. */
  public RawResponse soFar() {
    return new RawResponse(peer.frames(id));
  }

  /** Returns by how much the server has opened the window of this stream so far. */
  public long windowUpdates() {
    return peer.windowUpdates(id);
  }

  /** Waits until the server opens the window of this stream. */
  public void awaitWindowUpdate() {
    peer.await("WINDOW_UPDATE on stream " + id, () -> windowUpdates() > 0);
  }
}
