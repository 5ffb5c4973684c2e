package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.vertx.core.Vertx;
import io.vertx.core.net.SelfSignedCertificate;
import io.vertx.grpc.common.GrpcStatus;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our client, with and without a certificate, at a grpc-java server that requires one. */
@Timeout(120)
class ClientCertificateTest {

  private static final SelfSignedCertificate SERVER = SelfSignedCertificate.create("localhost");
  private static final SelfSignedCertificate CLIENT = SelfSignedCertificate.create("ada.example");
  private static final SelfSignedCertificate STRANGER = SelfSignedCertificate.create("ada.example");

  private final Vertx vertx = Vertx.vertx();
  private final GrpcJavaServer server = Greeters.server();
  private int port;

  @BeforeEach
  void start() throws Exception {
    SslContext tls = GrpcSslContexts.forServer(
            new File(SERVER.certificatePath()), new File(SERVER.privateKeyPath()))
        .trustManager(new File(CLIENT.certificatePath()))
        .clientAuth(ClientAuth.REQUIRE)
        .build();
    port = server.settings(netty -> netty.sslContext(tls)).start();
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    server.close();
  }

  @AfterAll
  static void delete() {
    SERVER.delete();
    CLIENT.delete();
    STRANGER.delete();
  }

  @Test
  void showsItsCertificate() throws Exception {
    assertThat(greeting(CLIENT.certificatePath(), CLIENT.privateKeyPath())).isEqualTo(hello("Ada"));
  }

  @Test
  void isRefusedWithoutCertificate() {
    isUnavailable("", "");
  }

  @Test
  void isRefusedWithTheCertificateOfAStranger() {
    isUnavailable(STRANGER.certificatePath(), STRANGER.privateKeyPath());
  }

  @Test
  void showsTheCertificateThatTookThePlaceOfAnother(@TempDir Path files) throws Exception {
    Path cert = files.resolve("cert.pem");
    Path key = files.resolve("key.pem");
    Path trusted = files.resolve("trusted.pem");
    Files.copy(Path.of(STRANGER.certificatePath()), cert);
    Files.copy(Path.of(STRANGER.privateKeyPath()), key);
    Files.copy(Path.of(STRANGER.certificatePath()), trusted);
    Channel channel = Channel.create(
        vertx,
        ChannelOptions.to("localhost:" + port)
            .withTls(new ChannelOptions.Tls(
                true, trusted.toString(), cert.toString(), key.toString(), false)));
    assertThatThrownBy(() -> await(channel.unary(Greeters.SAY_HELLO, name("Ada"))))
        .hasMessageContaining("localhost:" + port);

    Files.copy(Path.of(SERVER.certificatePath()), trusted, REPLACE_EXISTING);
    Files.copy(Path.of(CLIENT.certificatePath()), cert, REPLACE_EXISTING);
    Files.copy(Path.of(CLIENT.privateKeyPath()), key, REPLACE_EXISTING);

    Channel patient = channel.with(CallOptions.DEFAULTS.withWaitForReady(true));
    assertThat(await(patient.unary(Greeters.SAY_HELLO, name("Ada")))).isEqualTo(hello("Ada"));
  }

  private void isUnavailable(String certFile, String keyFile) {
    StatusException failure =
        catchThrowableOfType(StatusException.class, () -> greeting(certFile, keyFile));
    assertThat(failure.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(failure.status().description()).contains("localhost:" + port);
  }

  private HelloReply greeting(String certFile, String keyFile) throws Exception {
    ChannelOptions.Tls tls =
        new ChannelOptions.Tls(true, SERVER.certificatePath(), certFile, keyFile, false);
    Channel channel =
        Channel.create(vertx, ChannelOptions.to("localhost:" + port).withTls(tls));
    return await(channel.unary(Greeters.SAY_HELLO, name("Ada")));
  }
}
