package dev.grpcbackend.server;

import dev.grpcbackend.call.CallObserver;
import dev.grpcbackend.call.CallTracer;
import dev.grpcbackend.call.ObservedCall;
import dev.grpcbackend.proto.channelz.v1.Server;
import dev.grpcbackend.proto.channelz.v1.ServerData;
import dev.grpcbackend.proto.channelz.v1.ServerRef;
import dev.grpcbackend.proto.channelz.v1.Socket;
import dev.grpcbackend.proto.channelz.v1.SocketData;
import dev.grpcbackend.proto.channelz.v1.SocketRef;
import dev.grpcbackend.rpc.Numbers;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.service.Channelz;
import dev.grpcbackend.transport.SocketConnection;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.shareddata.LocalMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What channelz tells about one instance of a server. Counts the calls by itself, on the event loop
 * of the server, where it is also asked.
 */
final class ChannelzServer implements CallObserver, CallTracer, Channelz.Instance {

  private static final String ALL = "dev.grpcbackend.channelz";

  private final Context context;
  private final String host;
  private final long number = Numbers.next();
  private final long listenNumber = Numbers.next();
  private @Nullable Connections connections;
  private int port;
  private long started;
  private long succeeded;
  private long failed;
  private long lastStartedMillis;

  /** Creates one that is not to be seen yet. */
  ChannelzServer(Context context, String host) {
    this.context = context;
    this.host = host;
  }

  /** Whether it is told of a server with these options, on its port or to those who operate it. */
  static boolean isWanted(ServerOptions options) {
    return options.services().channelz()
        || (options.management().enabled() && options.management().channelz());
  }

  /** Returns those of all servers of a Vert.x. */
  static Channelz all(Vertx vertx) {
    LocalMap<String, Channelz> shared = vertx.sharedData().getLocalMap(ALL);
    return shared.computeIfAbsent(ALL, first -> new Channelz());
  }

  /** The server listens, and is seen from now on. */
  void started(Connections connections, int port) {
    this.connections = connections;
    this.port = port;
    all(context.owner()).add(number, this);
  }

  /** The server has ended, or has never begun. */
  void ended() {
    all(context.owner()).remove(number);
  }

  // What the calls say.

  @Override
  public CallTracer started(ObservedCall call) {
    long now = System.currentTimeMillis();
    started++;
    lastStartedMillis = now;
    SocketCounts socket = counts(call);
    if (socket != null) {
      socket.started(now);
    }
    return this;
  }

  @Override
  public void received(ObservedCall call, int wireBytes, int bytes) {
    SocketCounts socket = counts(call);
    if (socket != null) {
      socket.received(System.currentTimeMillis());
    }
  }

  @Override
  public void sent(ObservedCall call, int wireBytes, int bytes) {
    SocketCounts socket = counts(call);
    if (socket != null) {
      socket.sent(System.currentTimeMillis());
    }
  }

  @Override
  public void closed(ObservedCall call, Status status) {
    if (status.isOk()) {
      succeeded++;
    } else {
      failed++;
    }
    SocketCounts socket = counts(call);
    if (socket != null) {
      socket.closed(status.isOk());
    }
  }

  /** Returns those of the connection of a call, null if it has gone. */
  private @Nullable SocketCounts counts(ObservedCall call) {
    ConnectionLife life =
        connections == null ? null : connections.of(call.head().peer());
    return life == null ? null : life.counts();
  }

  // What is asked.

  @Override
  public int listening() {
    return 1;
  }

  @Override
  public Future<Server> server() {
    return ask(() -> {
      ServerData.Builder data = ServerData.newBuilder()
          .setCallsStarted(started)
          .setCallsSucceeded(succeeded)
          .setCallsFailed(failed);
      if (lastStartedMillis > 0) {
        data.setLastCallStartedTimestamp(Channelz.timestamp(lastStartedMillis));
      }
      return Server.newBuilder()
          .setRef(ServerRef.newBuilder().setServerId(number).setName(name()))
          .setData(data)
          .addListenSocket(listenRef())
          .build();
    });
  }

  @Override
  public Future<List<Socket>> sockets() {
    return ask(() -> {
      List<Socket> all = new ArrayList<>();
      if (connections != null) {
        connections.lives().forEach(life -> all.add(socket(life)));
      }
      all.sort(Comparator.comparing(socket -> socket.getRef().getSocketId()));
      all.add(
          0,
          Socket.newBuilder()
              .setRef(listenRef())
              .setData(SocketData.getDefaultInstance())
              .setLocal(Channelz.address(SocketAddress.inetSocketAddress(port, host)))
              .build());
      return all;
    });
  }

  private <T> Future<T> ask(Supplier<T> answer) {
    Promise<T> promise = Promise.promise();
    context.runOnContext(turn -> promise.complete(answer.get()));
    return promise.future();
  }

  private String name() {
    return host + ":" + port;
  }

  private SocketRef listenRef() {
    return SocketRef.newBuilder().setSocketId(listenNumber).setName(name()).build();
  }

  private static Socket socket(ConnectionLife life) {
    SocketConnection connection = life.connection();
    SocketCounts counts = life.counts();
    Socket.Builder socket = Socket.newBuilder()
        .setRef(SocketRef.newBuilder()
            .setSocketId(counts.number)
            .setName(connection.remoteAddress().toString()))
        .setData(counts.data())
        .setLocal(Channelz.address(connection.localAddress()))
        .setRemote(Channelz.address(connection.remoteAddress()));
    SSLSession tls = connection.tlsSession();
    if (tls != null) {
      socket.setSecurity(Channelz.tls(tls.getCipherSuite()));
    }
    return socket.build();
  }
}
