package dev.grpcbackend.transport;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.vertx.core.Handler;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.function.Consumer;

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
  private final Consumer<Connection> opened;

  /**
   * Creates a transport.
   *
   * @param opened gets each connection once its protocol is known, on its context
   */
  public SocketTransport(
      HttpLimits limits, Handler<Exchange> handler, Consumer<Connection> opened) {
    this.handler = handler;
    this.limits = limits;
    this.opened = opened;
  }

  @Override
  public void handle(NetSocket socket) {
    ChannelPipeline pipeline = pipeline(socket);
    ContextInternal context = ContextInternal.current();
    if (pipeline.get(ChunkedWriteHandler.class) != null) {
      // It is there to send files.
      pipeline.remove(ChunkedWriteHandler.class);
    }
    SslHandler tls = pipeline.get(SslHandler.class);
    if (tls == null) {
      pipeline.addBefore(
          VERTX_HANDLER,
          "version",
          new HttpVersionDetector(http2 -> start(socket, context, http2)));
    } else {
      start(socket, context, HTTP_2.equals(tls.applicationProtocol()));
    }
  }

  private void start(NetSocket socket, ContextInternal context, boolean http2) {
    ChannelPipeline pipeline = pipeline(socket);
    if (http2) {
      Http2Session session = new Http2Session(socket, context, pipeline.channel(), handler, limits);
      pipeline.addBefore(VERTX_HANDLER, "http2", session);
      opened.accept(session);
    } else {
      Http1Session session = new Http1Session(socket, context, pipeline.channel(), handler);
      pipeline.addBefore(VERTX_HANDLER, "decoder", new Http1RequestDecoder(limits));
      pipeline.addBefore(VERTX_HANDLER, "encoder", session.encoder());
      pipeline.addBefore(VERTX_HANDLER, "http1", session);
      opened.accept(session);
    }
  }

  private static ChannelPipeline pipeline(NetSocket socket) {
    return ((NetSocketInternal) socket).channelHandlerContext().pipeline();
  }
}
