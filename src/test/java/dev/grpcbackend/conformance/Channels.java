package dev.grpcbackend.conformance;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.conformance.proto.ClientCompatRequest;
import dev.grpcbackend.conformance.proto.TLSCreds;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One channel for each server and identity. Its connection is made by a call of no case: the suite
 * allows half a second between the start of a call and its arrival, and a young JVM needs more for
 * its first TLS handshakes.
 */
final class Channels {

  private final Vertx vertx;
  private final Map<Server, Channel> open = new ConcurrentHashMap<>();

  private record Server(String host, int port, ByteString certificate, TLSCreds identity) {}

  Channels(Vertx vertx) {
    this.vertx = vertx;
  }

  Channel to(ClientCompatRequest request) {
    Server server = new Server(
        request.getHost(),
        request.getPort(),
        request.getServerTlsCert(),
        request.getClientTlsCreds());
    return open.computeIfAbsent(server, this::create);
  }

  private Channel create(Server server) {
    ChannelOptions options = ChannelOptions.to(server.host + ":" + server.port);
    Channel channel = Channel.create(
        vertx, server.certificate.isEmpty() ? options : options.withTls(tls(server)));
    connect(channel, PayloadMethod.named("Unimplemented"));
    return channel;
  }

  private static <Req extends Message> void connect(Channel channel, PayloadMethod<Req, ?> method) {
    channel
        .unary(method.method(), method.method().request().emptyMessage())
        .otherwiseEmpty()
        .await();
  }

  private static ChannelOptions.Tls tls(Server server) {
    String trusted = PemFile.of(server.certificate);
    return server.identity.getCert().isEmpty()
        ? ChannelOptions.Tls.trusting(trusted)
        : new ChannelOptions.Tls(
            true,
            trusted,
            PemFile.of(server.identity.getCert()),
            PemFile.of(server.identity.getKey()),
            false);
  }
}
