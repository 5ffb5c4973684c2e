package dev.grpcbackend.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The socket of a client, whatever is spoken on it. */
final class ClientSocket {

  private final NetSocket socket;
  private final ContextInternal context;
  private final Channel channel;
  private final ConnectionListener listener;
  private final MemoryShare memory;
  private @Nullable Handler<Void> closeHandler;

  /**
   * Creates it.
   *
   * @param socket the socket as Vert.x knows it: addresses and TLS
   * @param memory what it may hold
   */
  ClientSocket(
      NetSocket socket,
      ContextInternal context,
      Channel channel,
      ConnectionListener listener,
      MemoryShare memory) {
    this.socket = socket;
    this.context = context;
    this.channel = channel;
    this.listener = listener;
    this.memory = memory;
  }

  ContextInternal context() {
    return context;
  }

  Channel channel() {
    return channel;
  }

  ConnectionListener listener() {
    return listener;
  }

  MemoryShare memory() {
    return memory;
  }

  /** Counts what waits for the client to read what was sent before; false if that is too much. */
  boolean countWaiting() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    boolean much = waiting != null && !channel.isWritable();
    return memory.waiting(much ? waiting.totalPendingWriteBytes() : 0);
  }

  SocketAddress localAddress() {
    return socket.localAddress();
  }

  SocketAddress remoteAddress() {
    return socket.remoteAddress();
  }

  @Nullable
  SSLSession tlsSession() {
    return socket.isSsl() ? socket.sslSession() : null;
  }

  /** Whether bytes that have been sent wait for the client to take those before them. */
  boolean isBehind() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting != null && !waiting.isEmpty();
  }

  /** Returns a number that changes when the client takes some, and not when more is to wait. */
  long progress() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    return waiting == null
        ? 0
        : waiting.currentProgress() + ((long) System.identityHashCode(waiting.current()) << 32);
  }

  void closeHandler(Handler<Void> handler) {
    closeHandler = handler;
  }

  /** Says that it has closed. */
  void onClosed() {
    memory.close();
    Handler<Void> handler = closeHandler;
    if (handler != null) {
      context.dispatch(null, handler);
    }
  }

  /** Closes at once. */
  void close() {
    run(() -> OrderlyClose.abort(channel));
  }

  /** Returns a promise whose listeners are called on the context. */
  <T> Promise<T> promise() {
    return context.promise();
  }

  /** Completes when it has closed. */
  Future<Void> closed() {
    Promise<Void> promise = promise();
    channel.closeFuture().addListener(done -> promise.complete());
    return promise.future();
  }

  /** Does it on the event loop: now if that is where we are. */
  void run(Runnable action) {
    if (channel.eventLoop().inEventLoop()) {
      action.run();
    } else {
      channel.eventLoop().execute(action);
    }
  }
}
