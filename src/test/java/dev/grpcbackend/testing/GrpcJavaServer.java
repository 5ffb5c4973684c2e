package dev.grpcbackend.testing;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A grpc-java server on a free port of the loopback interface, its methods given one by one. */
public final class GrpcJavaServer implements AutoCloseable {

  private final Map<String, ServerServiceDefinition.Builder> services = new LinkedHashMap<>();
  private final List<ServerInterceptor> interceptors = new ArrayList<>();
  private UnaryOperator<NettyServerBuilder> settings = UnaryOperator.identity();
  private @Nullable Server server;
  private @Nullable EventLoopGroup group;

  /** Adds a method by its full name. */
  public <Req extends Message, Resp extends Message> GrpcJavaServer method(
      String fullName,
      MethodDescriptor.MethodType type,
      Req request,
      Resp response,
      ServerCallHandler<Req, Resp> handler) {
    services
        .computeIfAbsent(
            MethodDescriptor.extractFullServiceName(fullName), ServerServiceDefinition::builder)
        .addMethod(GrpcJava.method(fullName, type, request, response), handler);
    return this;
  }

  public GrpcJavaServer intercept(ServerInterceptor interceptor) {
    interceptors.add(interceptor);
    return this;
  }

  public GrpcJavaServer settings(UnaryOperator<NettyServerBuilder> settings) {
    this.settings = settings;
    return this;
  }

  /** Starts listening and returns the port. */
  public int start() throws IOException {
    return start(
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
  }

  /** Starts listening on an address of this machine; port 0 takes a free one. */
  public int start(String host, int port) throws IOException {
    return start(NettyServerBuilder.forAddress(new InetSocketAddress(host, port)));
  }

  /** Starts listening on a Unix domain socket, with the channels that the JDK has for it. */
  public void start(Path socket) throws IOException {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    group = loops;
    start(NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
        .channelType(NioServerDomainSocketChannel.class)
        .bossEventLoopGroup(loops)
        .workerEventLoopGroup(loops));
  }

  private int start(NettyServerBuilder base) throws IOException {
    NettyServerBuilder builder = settings.apply(base);
    services
        .values()
        .forEach(service ->
            builder.addService(ServerInterceptors.intercept(service.build(), interceptors)));
    Server started = builder.build().start();
    server = started;
    return started.getPort();
  }

  /** Takes no more calls, and waits for the end of those that there are. */
  public void drain() throws InterruptedException {
    if (server != null && !server.shutdown().awaitTermination(Patience.SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("calls still run after 10 s");
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.shutdownNow();
    }
    if (group != null) {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }
}
