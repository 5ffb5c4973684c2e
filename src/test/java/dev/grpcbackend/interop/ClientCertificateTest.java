package dev.grpcbackend.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.grpcbackend.call.ServerCall;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.policy.PolicyFile;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.server.TlsOptions;
import dev.grpcbackend.server.TlsOptions.ClientAuth;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.proto.SimpleRequest;
import dev.grpcbackend.testing.proto.SimpleResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.vertx.core.Future;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Objects;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** grpc-java's client, with and without a certificate, against our server that asks for one. */
@Timeout(120)
class ClientCertificateTest {

  private static final String WHO = "test.Peer/Who";
  private static final String NOBODY = "nobody";

  private static final SelfSignedCertificate SERVER = SelfSignedCertificate.create("localhost");
  private static final SelfSignedCertificate ADA = SelfSignedCertificate.create("ada.example");
  private static final SelfSignedCertificate STRANGER = SelfSignedCertificate.create("ada.example");

  @AfterAll
  static void delete() {
    SERVER.delete();
    ADA.delete();
    STRANGER.delete();
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST", "REQUIRE"})
  void tellsTheHandlerWhoseCertificateItIs(ClientAuth clientAuth) throws IOException {
    try (TestServer server = server(clientAuth)) {
      assertThat(who(server, ADA)).isEqualTo("CN=ada.example");
    }
  }

  @Test
  void servesClientsWithoutCertificateWhereItIsOnlyRequested() throws IOException {
    try (TestServer server = server(ClientAuth.REQUEST)) {
      assertThat(who(server, null)).isEqualTo(NOBODY);
    }
  }

  @Test
  void refusesClientsWithoutCertificateWhereItIsRequired() {
    try (TestServer server = server(ClientAuth.REQUIRE)) {
      refuses(server, null);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST", "REQUIRE"})
  void refusesCertificatesOfOtherAuthorities(ClientAuth clientAuth) {
    try (TestServer server = server(clientAuth)) {
      refuses(server, STRANGER);
    }
  }

  @Test
  void letsInWhomTheCertificateNames(@TempDir Path folder) throws IOException {
    try (TestServer server = server(folder, "allow test.Peer/* to certificate:ada.example")) {
      assertThat(who(server, ADA)).isEqualTo("CN=ada.example");
      assertThat(refusal(server, null).getCode()).isEqualTo(Code.UNAUTHENTICATED);
    }
    try (TestServer server = server(folder, "allow test.Peer/* to certificate:bob.example")) {
      assertThat(refusal(server, ADA).getCode()).isEqualTo(Code.PERMISSION_DENIED);
    }
  }

  private static TestServer server(Path folder, String rule) throws IOException {
    Path policy = Files.writeString(
        folder.resolve("policy.yaml"),
        "authenticate:\n  certificates: true\nrules:\n- " + rule + "\n");
    return start(TestServer.OPTIONS
        .withTls(tls(ClientAuth.REQUEST))
        .withPolicy(new PolicyFile(policy.toString(), Duration.ZERO)));
  }

  private static TestServer server(ClientAuth clientAuth) {
    return start(TestServer.OPTIONS.withTls(tls(clientAuth)));
  }

  private static TlsOptions tls(ClientAuth clientAuth) {
    return TlsOptions.of(SERVER.certificatePath(), SERVER.privateKeyPath())
        .withClientAuth(clientAuth, ADA.certificatePath());
  }

  private static TestServer start(ServerOptions options) {
    return TestServer.start(options, ClientCertificateTest::register);
  }

  private static void register(GrpcServerVerticle.Builder builder) {
    builder.method(
        WHO,
        SimpleRequest.class,
        SimpleResponse.class,
        ServerCalls.unary((request, call) -> Future.succeededFuture(
            SimpleResponse.newBuilder().setUsername(subject(call)).build())));
  }

  private static String subject(ServerCall<?, ?> call) {
    SSLSession session = Objects.requireNonNull(call.peer().tlsSession());
    try {
      return ((X509Certificate) session.getPeerCertificates()[0])
          .getSubjectX500Principal()
          .getName();
    } catch (SSLPeerUnverifiedException none) {
      return NOBODY;
    }
  }

  private static void refuses(TestServer server, @Nullable SelfSignedCertificate certificate) {
    assertThat(refusal(server, certificate).getCode()).isEqualTo(Code.UNAVAILABLE);
  }

  private static Status refusal(TestServer server, @Nullable SelfSignedCertificate certificate) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> who(server, certificate))
        .getStatus();
  }

  /** Calls with that certificate and returns whom the handler saw. */
  private static String who(TestServer server, @Nullable SelfSignedCertificate certificate)
      throws IOException {
    TlsChannelCredentials.Builder credentials =
        TlsChannelCredentials.newBuilder().trustManager(new File(SERVER.certificatePath()));
    if (certificate != null) {
      credentials.keyManager(
          new File(certificate.certificatePath()), new File(certificate.privateKeyPath()));
    }
    ManagedChannel channel = NettyChannelBuilder.forAddress(
            "127.0.0.1", server.port(), credentials.build())
        .overrideAuthority("localhost")
        .build();
    try {
      return GrpcJavaCalls.unary(channel, WHO, SimpleRequest.getDefaultInstance())
          .getUsername();
    } finally {
      channel.shutdownNow();
    }
  }
}
