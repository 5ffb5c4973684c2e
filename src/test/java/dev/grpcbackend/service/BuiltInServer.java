package dev.grpcbackend.service;

import com.google.protobuf.Message;
import dev.grpcbackend.server.GrpcBackend;
import dev.grpcbackend.testing.GrpcJava;
import dev.grpcbackend.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;

/** A real server with everything of this package on it, and grpc-java to call it. */
final class BuiltInServer implements AutoCloseable {

  final Health health = new Health();
  private final Vertx vertx = Vertx.vertx();
  private final GrpcBackend backend = GrpcBackend.create(vertx);
  private final ManagedChannel channel;

  BuiltInServer() {
    backend.add(new ReflectionService(backend.methods()));
    backend.add(new HealthService(health)).add(new ProcessService()).add(new GreeterService());
    backend.freeze();
    health.register(backend.serviceNames());
    HttpServerOptions options = new HttpServerOptions().setHost("127.0.0.1").setPort(0);
    channel = GrpcJava.channel(
        TestServer.await(vertx.createHttpServer(options).requestHandler(backend).listen())
            .actualPort());
  }

  <Req extends Message, Resp extends Message> Resp unary(String method, Req request, Resp empty) {
    return GrpcJava.unary(channel, method, request, empty);
  }

  <Req extends Message, Resp extends Message> ClientCall<Req, Resp> call(
      String method, MethodType type, Req request, Resp response) {
    return channel.newCall(GrpcJava.method(method, type, request, response), CallOptions.DEFAULT);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    TestServer.await(vertx.close());
  }
}
