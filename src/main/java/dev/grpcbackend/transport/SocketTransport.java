package dev.grpcbackend.transport;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.vertx.core.Handler;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.function.LongSupplier;

/**
 * Makes exchanges of what the sockets of a Vert.x {@code NetServer} receive: HTTP/2 by a codec that
 * knows nothing but what calls need, HTTP/1.1 by Netty's. Vert.x accepts, shares the port between
 * instances and does TLS. It is the connect handler of such a server.
 */
public final class SocketTransport implements Handler<NetSocket> {

  private static final String HTTP_2 = "h2";
  private static final String VERTX_HANDLER = "handler";

  private final Handler<Exchange> handler;
  private final HttpLimits limits;
  private final ConnectionListener listener;
  private final HeldMemory memory;
  private final LongSupplier clock;

  /**
   * Creates a transport.
   *
   * @param listener hears of its connections
   * @param memory what they may hold
   * @param clock the time in nanoseconds
   */
  public SocketTransport(
      HttpLimits limits,
      Handler<Exchange> handler,
      ConnectionListener listener,
      HeldMemory memory,
      LongSupplier clock) {
    this.handler = handler;
    this.limits = limits;
    this.listener = listener;
    this.memory = memory;
    this.clock = clock;
  }

  @Override
  public void handle(NetSocket accepted) {
    ChannelPipeline pipeline =
        ((NetSocketInternal) accepted).channelHandlerContext().pipeline();
    ClientSocket socket = new ClientSocket(
        accepted, ContextInternal.current(), pipeline.channel(), listener, new MemoryShare(memory));
    if (pipeline.get(ChunkedWriteHandler.class) != null) {
      // It is there to send files.
      pipeline.remove(ChunkedWriteHandler.class);
    }
    SslHandler tls = pipeline.get(SslHandler.class);
    if (tls == null) {
      HttpVersionDetector detector = new HttpVersionDetector(socket, http2 -> start(socket, http2));
      pipeline.addBefore(VERTX_HANDLER, "version", detector);
      listener.opened(detector);
    } else {
      listener.opened(start(socket, HTTP_2.equals(tls.applicationProtocol())));
    }
  }

  private Session start(ClientSocket socket, boolean http2) {
    ChannelPipeline pipeline = socket.channel().pipeline();
    if (http2) {
      Http2Session session = new Http2Session(socket, handler, limits, clock);
      pipeline.addBefore(VERTX_HANDLER, "http2", session);
      return session;
    }
    Http1Session session = new Http1Session(socket, handler, limits);
    pipeline.addBefore(VERTX_HANDLER, "decoder", session.decoder());
    pipeline.addBefore(VERTX_HANDLER, "encoder", session.encoder());
    pipeline.addBefore(VERTX_HANDLER, "http1", session);
    return session;
  }
}
