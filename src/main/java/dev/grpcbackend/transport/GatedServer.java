package dev.grpcbackend.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.traffic.GlobalTrafficShapingHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Vert.x's server of sockets with a gate: who is not admitted is closed as soon as it is accepted,
 * before a byte is read and before TLS, whose handshake is the costly part of a connection. Servers
 * that share a port share the gate of the first of them.
 */
public final class GatedServer extends NetServerImpl {

  private static final AttributeKey<Boolean> SERVED =
      AttributeKey.valueOf(GatedServer.class, "served");

  private final Gate gate;

  /** Decides on sockets. Asked on many event loops, so it is thread-safe. */
  public interface Gate {

    /**
     * Lets a socket in, or not.
     *
     * @param from the address of the client; null for a Unix domain socket
     */
    boolean admit(@Nullable InetAddress from);

    /**
     * A socket that was let in has closed.
     *
     * @param served whether it became a connection; not if its handshake came to nothing
     */
    void left(@Nullable InetAddress from, boolean served);
  }

  /** Creates a server that does not listen yet. */
  public GatedServer(Vertx vertx, NetServerOptions options, Gate gate) {
    super((VertxInternal) vertx, options.copy());
    this.gate = gate;
  }

  @Override
  public NetServerInternal connectHandler(@Nullable Handler<NetSocket> handler) {
    return super.connectHandler(handler == null ? null : socket -> serve(socket, handler));
  }

  private static void serve(NetSocket socket, Handler<NetSocket> handler) {
    Channel channel = ((NetSocketInternal) socket).channelHandlerContext().channel();
    channel.attr(SERVED).set(true);
    // Who was not admitted has been closed already.
    if (channel.isActive()) {
      handler.handle(socket);
    }
  }

  /** Vert.x has no other way to see a socket before TLS: a traffic shaper is put in front of that. */
  @Override
  protected GlobalTrafficShapingHandler createTrafficShapingHandler() {
    return new Entrance(gate);
  }

  /** Asks once for each socket, and shapes no traffic. */
  private static final class Entrance extends GlobalTrafficShapingHandler {

    private final Gate gate;

    Entrance(Gate gate) {
      super(ImmediateEventExecutor.INSTANCE, 0, 0, 0);
      this.gate = gate;
    }

    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      ctx.pipeline().remove(this);
      Channel channel = ctx.channel();
      InetAddress from = channel.remoteAddress() instanceof InetSocketAddress address
          ? address.getAddress()
          : null;
      if (gate.admit(from)) {
        channel.closeFuture().addListener(closed -> gate.left(from, channel.hasAttr(SERVED)));
      } else {
        OrderlyClose.abort(channel);
      }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      // There is nothing to give back.
    }
  }
}
