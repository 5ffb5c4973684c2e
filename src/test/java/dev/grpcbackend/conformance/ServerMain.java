package dev.grpcbackend.conformance;

import dev.grpcbackend.conformance.proto.ServerCompatRequest;
import dev.grpcbackend.conformance.proto.ServerCompatResponse;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.server.TlsOptions;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Serves the conformance service as standard input asks for, until it is killed. */
final class ServerMain {

  private static final String HOST = "127.0.0.1";

  private ServerMain() {}

  public static void main(String[] arguments) throws Exception {
    Delimited console = new Delimited();
    ServerCompatRequest wanted = console.read(ServerCompatRequest.parser()).orElseThrow();
    GrpcServerVerticle server = GrpcServerVerticle.builder()
        .options(options(wanted))
        .service(new ConformanceService())
        .build();
    Vertx.vertx().deployVerticle(server).await(10, TimeUnit.SECONDS);
    console.write(ServerCompatResponse.newBuilder()
        .setHost(HOST)
        .setPort(server.actualPort())
        .setPemCert(wanted.getServerCreds().getCert())
        .build());
  }

  private static ServerOptions options(ServerCompatRequest wanted) {
    ServerOptions options = ServerOptions.DEFAULTS
        .withHost(HOST)
        .withPort(0)
        .withServices(new ServerOptions.Services(List.of(), false, false, false, false));
    if (wanted.getMessageReceiveLimit() != 0) {
      ServerOptions.Limits usual = ServerOptions.Limits.DEFAULTS;
      options = options.withLimits(new ServerOptions.Limits(
          wanted.getMessageReceiveLimit(),
          usual.maxMetadataBytes(),
          usual.maxConcurrentStreams(),
          usual.defaultDeadline(),
          usual.maxDeadline()));
    }
    return wanted.getUseTls() ? options.withTls(tls(wanted)) : options;
  }

  private static TlsOptions tls(ServerCompatRequest wanted) {
    boolean clientsToo = !wanted.getClientTlsCert().isEmpty();
    TlsOptions tls = TlsOptions.of(
        PemFile.of(wanted.getServerCreds().getCert()),
        PemFile.of(wanted.getServerCreds().getKey()));
    return clientsToo
        ? tls.withClientAuth(TlsOptions.ClientAuth.REQUIRE, PemFile.of(wanted.getClientTlsCert()))
        : tls;
  }
}
