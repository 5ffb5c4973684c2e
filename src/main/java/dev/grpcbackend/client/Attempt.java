package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.wire.MessageDeframer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.StreamResetException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One try of a call, over one HTTP/2 stream: waits for the stream, writes to it what the call has to
 * send, and has its response read. It ends once, and says whether the server may have seen it. Used
 * on the call's context only.
 */
final class Attempt<Req, Resp> implements StreamRequest {

  /** Whether a server may have begun with what was asked of it (gRFC A6, transparent retries). */
  enum Fate {
    /** It has not left this client. */
    UNSENT,
    /** The server has said that it did nothing. */
    REFUSED,
    /** It may have. */
    PROCESSED
  }

  private static final long RESET_NO_ERROR = 0;
  private static final long RESET_CANCEL = 8;

  private final HttpCall<Req, Resp> call;
  private final Attempts<Req, Resp> owner;
  private final RequestWriter<Req> writer;
  private final ResponseReader<Resp> reader;
  private final int previous;
  private final List<Subchannel> tried;
  private @Nullable Connection connection;
  private volatile @Nullable HttpClientRequest stream;
  private ObservedAttempt observed = ObservedAttempt.NONE;
  private int written;
  private boolean headSent;
  private boolean endSent;
  private boolean endWritten;
  private boolean broken;
  private boolean over;

  /**
   * Creates an attempt.
   *
   * @param previous how many there were before it that a server may have seen
   * @param tried where those before it were
   */
  Attempt(
      HttpCall<Req, Resp> call,
      Attempts<Req, Resp> owner,
      RequestWriter<Req> writer,
      ResponseQueue<Resp> queue,
      int previous,
      List<Subchannel> tried) {
    this.call = call;
    this.owner = owner;
    this.writer = writer;
    this.previous = previous;
    this.tried = tried;
    this.reader =
        new ResponseReader<>(this, call.method().response(), queue, call.maxInboundMessageBytes());
  }

  int previous() {
    return previous;
  }

  boolean isOver() {
    return over;
  }

  // The stream ---------------------------------------------------------------------------------

  void start(ObservedAttempt shown) {
    observed = shown;
    Connection ready = call.source().take(this);
    if (ready != null) {
      open(ready);
    }
  }

  @Override
  public boolean wasAt(Subchannel server) {
    return tried.contains(server);
  }

  @Override
  public void onResolved() {
    if (!over) {
      observed.resolved();
    }
  }

  @Override
  public void onConnection(Connection ready) {
    if (over) {
      ready.release();
    } else {
      observed.connected();
      open(ready);
    }
  }

  private void open(Connection ready) {
    connection = ready;
    call.source().begun(ready);
    Future<HttpClientRequest> opened = ready.stream(call.method().path());
    if (opened.succeeded()) {
      onStream(opened.result());
    } else {
      opened.onComplete(
          this::onStream,
          refused -> end(
              TransportStatus.broken(refused, ready.address(), ready.closeReason()),
              Metadata.EMPTY,
              Fate.UNSENT));
    }
  }

  @Override
  public void onRefused(Status status) {
    end(status, Metadata.EMPTY, Fate.PROCESSED);
  }

  private void onStream(HttpClientRequest opened) {
    opened.exceptionHandler(this::onBroken);
    stream = opened;
    if (over) {
      // A stream goes back to its connection only by being used: an unused one would stay taken.
      writeHead(opened);
      opened.sendHead().onFailure(reset -> {});
      opened.reset(RESET_CANCEL);
      return;
    }
    if (call.idleTimeoutMillis() > 0) {
      opened.idleTimeout(call.idleTimeoutMillis());
    }
    opened.response().onComplete(reader::onHead, this::onBroken);
    opened.drainHandler(room -> writer.onDrain());
    writer.flush();
    pump();
    writer.onDrain();
  }

  /** Writes what the call has to send and this attempt has not written. */
  void pump() {
    HttpClientRequest open = stream;
    while (open != null && !over && written < writer.count()) {
      write(open, writer.chunk(written++));
    }
  }

  private void write(HttpClientRequest open, RequestWriter.Chunk chunk) {
    boolean bare = !headSent;
    if (bare) {
      writeHead(open);
    }
    observed.sent(chunk.bytes());
    Future<Void> done;
    if (chunk.isLast()) {
      endSent = true;
      done = chunk.bytes().length() > 0 ? open.end(chunk.bytes()) : open.end();
      done.onSuccess(end -> endWritten = true);
    } else if (chunk.bytes().length() > 0) {
      done = open.write(chunk.bytes());
    } else {
      done = bare ? open.sendHead() : Future.succeededFuture();
    }
    done.onComplete(
        sent -> chunk.written().tryComplete(),
        // There may be another attempt, and the end of the call at the latest tells.
        failed -> call.settleWhenClosed(chunk.written()));
  }

  private void writeHead(HttpClientRequest open) {
    headSent = true;
    RequestHead.write(call, open, writer.announceGzip(), previous);
    observed.write(open.headers());
  }

  /** Whether the server reads more slowly than is written; false without a stream. */
  boolean isFull() {
    HttpClientRequest open = stream;
    return open != null && !over && !endSent && open.writeQueueFull();
  }

  /** Whether everything there is was written. */
  boolean isDrained() {
    return written == writer.count();
  }

  boolean hasStream() {
    return stream != null;
  }

  @Nullable
  HttpConnection httpConnection() {
    HttpClientRequest open = stream;
    return open == null ? null : open.connection();
  }

  /** Returns the server, null while there is none. */
  @Nullable
  Subchannel server() {
    Connection taken = connection;
    return taken == null ? null : taken.server();
  }

  /** Returns the address of the server, empty while there is none. */
  String address() {
    Connection taken = connection;
    return taken == null ? "" : taken.address();
  }

  // The response -------------------------------------------------------------------------------

  void onHeaders(Metadata received) {
    owner.onHeaders(this, received);
  }

  /** The server has said how the call ends; what is left is to read its messages. */
  void onStatusKnown() {
    owner.onStatusKnown(this);
  }

  void onMessageDecoded(MessageDeframer messages) {
    call.responseCompressed = messages.wasCompressed();
    observed.received(messages.lastWireLength(), messages.lastLength());
  }

  void drain() {
    reader.drain();
  }

  // The end ------------------------------------------------------------------------------------

  void onBroken(Throwable cause) {
    Connection lost = connection;
    if (over || broken || lost == null) {
      return;
    }
    broken = true;
    Status status = TransportStatus.broken(cause, lost.address(), lost.closeReason());
    int id = streamId();
    // Not what the cause says of it: Vert.x keeps that in a buffer that is released by now.
    boolean goneAway = cause instanceof HttpClosedException && lost.isGoneAway();
    if (id == 0) {
      end(status, Metadata.EMPTY, Fate.UNSENT);
    } else if (cause instanceof StreamResetException reset
        && reset.getCode() == TransportStatus.REFUSED_STREAM) {
      end(status, Metadata.EMPTY, Fate.REFUSED);
    } else if (!goneAway) {
      end(status, Metadata.EMPTY, Fate.PROCESSED);
    } else if (id > lost.lastStream()) {
      end(status, Metadata.EMPTY, Fate.REFUSED);
    } else {
      // Ended while the connection stands: by a later GOAWAY that names an earlier stream as the
      // last. Vert.x keeps only the first, and says that the connection is closed after it ends us.
      lost.afterEnd(
          call.context(),
          () -> end(status, Metadata.EMPTY, lost.isClosed() ? Fate.PROCESSED : Fate.REFUSED));
    }
  }

  /** Returns the number of the stream, 0 if it was never opened: Vert.x has no other way to ask. */
  private int streamId() {
    HttpClientRequest open = stream;
    try {
      return open == null ? 0 : open.streamId();
    } catch (NullPointerException unopened) {
      return 0;
    }
  }

  /** Ends the attempt as the server or what it sent demands. */
  void end(Status status, Metadata trailers) {
    end(status, trailers, Fate.PROCESSED);
  }

  private void end(Status status, Metadata trailers, Fate fate) {
    if (!over) {
      finish(status);
      owner.onEnd(this, status, trailers, fate);
    }
  }

  /** Ends the attempt because nobody wants it any more. */
  void cancel(Status why) {
    if (!over) {
      if (connection == null) {
        call.source().forget(this);
      }
      finish(why);
    }
  }

  /** Gives the stream back, reset unless both sides have ended it. */
  private void finish(Status status) {
    over = true;
    observed.closed(status);
    HttpClientRequest open = stream;
    if (open != null && !broken) {
      if (!headSent) {
        writeHead(open);
        open.sendHead().onFailure(reset -> {});
      }
      if (!reader.isEnded()) {
        open.reset(RESET_CANCEL);
      } else if (!endWritten) {
        // After an early status both sides are content (PROTOCOL-HTTP2).
        open.reset(RESET_NO_ERROR);
      }
    }
    if (connection != null) {
      call.source().ended(connection, status.isOk());
      connection.release();
    }
  }

  // What the balancer wants to know ------------------------------------------------------------

  @Override
  public Context context() {
    return call.context();
  }

  @Override
  public boolean waitsForReady() {
    return call.waitsForReady();
  }

  @Override
  public boolean hasDeadline() {
    return call.deadline().isFinite();
  }

  @Override
  public long hash(String header) {
    String value = header.isEmpty() ? null : call.requestHeaders().get(header);
    return value == null ? ThreadLocalRandom.current().nextLong() : RingHash.hash(value);
  }
}
