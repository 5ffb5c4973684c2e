package dev.grpcbackend.server;

import static dev.grpcbackend.testing.TestServer.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.proto.helloworld.GreeterProto;
import dev.grpcbackend.proto.helloworld.HelloReply;
import dev.grpcbackend.proto.helloworld.HelloRequest;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.testing.Patience;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.TlsPeer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509KeyManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The certificate, key and trust files of a server, at its start and while it runs. */
@Timeout(120)
class TlsFilesTest {

  private static final SelfSignedCertificate OLD = SelfSignedCertificate.create("localhost");
  private static final SelfSignedCertificate NEW = SelfSignedCertificate.create("localhost");
  private static final Method<HelloRequest, HelloReply> SAY_HELLO = Method.of(
      GreeterProto.getDescriptor().findServiceByName("Greeter").findMethodByName("SayHello"),
      Marshaller.of(HelloRequest.class),
      Marshaller.of(HelloReply.class));

  @TempDir
  private Path folder;

  private final Vertx vertx = Vertx.vertx();
  private final Log log = new Log();
  private Path certFile;
  private Path keyFile;

  @BeforeEach
  void writeFiles() throws IOException {
    certFile = folder.resolve("cert.pem");
    keyFile = folder.resolve("key.pem");
    put(OLD.certificatePath(), certFile);
    put(OLD.privateKeyPath(), keyFile);
    log.start();
  }

  @AfterEach
  void close() {
    await(vertx.close());
    log.stop();
  }

  @AfterAll
  static void delete() {
    OLD.delete();
    NEW.delete();
  }

  @Test
  void showsTheCertificateOfFilesThatHaveChanged() throws Exception {
    int port = start(pem(), 2);
    BigInteger before = serial(port);

    put(NEW.privateKeyPath(), keyFile);
    put(NEW.certificatePath(), certFile);

    assertThat(log.next(certFile.toString())).contains("has changed", "CN=localhost");
    assertThat(serial(port)).isNotEqualTo(before);
  }

  @Test
  void keepsTheCertificateInForceWhenTheNewOneHasAnotherKey() throws Exception {
    int port = start(pem(), 1);
    BigInteger before = serial(port);

    put(NEW.certificatePath(), certFile);

    assertThat(log.next(keyFile.toString()))
        .isEqualTo("tls.keyFile: " + keyFile + " (expected: the private key of the certificate in "
            + certFile + "); the certificate in force stays");
    assertThat(serial(port)).isEqualTo(before);

    put(NEW.privateKeyPath(), keyFile);
    assertThat(log.next(certFile.toString())).contains("has changed");
    assertThat(serial(port)).isNotEqualTo(before);
  }

  @Test
  void keepsTheCertificateInForceWhenAFileIsGone() throws Exception {
    int port = start(pem(), 1);
    BigInteger before = serial(port);

    Files.delete(certFile);

    assertThat(log.next(certFile.toString()))
        .startsWith("tls.certFile: " + certFile + " (expected: a file that can be read)");
    assertThat(serial(port)).isEqualTo(before);
  }

  @Test
  void losesNoCallWhileCertificatesChange() throws Exception {
    int port = start(pem(), 1);
    Channel early = channel(port);
    List<SelfSignedCertificate> rotation = List.of(NEW, OLD, NEW, OLD);
    int calls = 0;
    for (SelfSignedCertificate next : rotation) {
      put(next.privateKeyPath(), keyFile);
      put(next.certificatePath(), certFile);
      List<String> said = new ArrayList<>();
      while (said.isEmpty() || calls % 10 != 0) {
        Channel late = channel(port);
        assertThat(greet(early)).isEqualTo("Hello Ada");
        assertThat(greet(late)).isEqualTo("Hello Ada");
        await(late.close());
        calls++;
        log.poll(certFile + " has changed", said);
      }
    }
  }

  @Test
  void readsPkcs12() throws Exception {
    Path store = folder.resolve("server.p12");
    writePkcs12(store, "secret");
    int port = start(
        new TlsOptions(
            store.toString(),
            "",
            "secret",
            TlsOptions.ClientAuth.NONE,
            "",
            "",
            Duration.ofMillis(20)),
        1);

    assertThat(serial(port)).isEqualTo(serial(start(pem(), 1)));
  }

  @Test
  void doesNotStartWithFilesThatCannotBeUsed() throws Exception {
    String cert = certFile.toString();
    String key = keyFile.toString();
    Path store = folder.resolve("server.p12");
    writePkcs12(store, "secret");
    String other = NEW.privateKeyPath();
    String text =
        Files.writeString(folder.resolve("text.pem"), "no certificate").toString();

    refuses(
        TlsOptions.of("/no/such.pem", key),
        "tls.certFile: /no/such.pem (expected: a file that can be read)");
    refuses(
        TlsOptions.of(cert, other),
        "tls.keyFile: " + other + " (expected: the private key of the certificate in " + cert
            + ")");
    refuses(
        TlsOptions.of(text, key),
        "tls.certFile: " + text
            + " (expected: a certificate chain, PEM, with the private key, PEM (PKCS#8), in " + key
            + ")");
    refuses(
        new TlsOptions(
            store.toString(), "", "wrong", TlsOptions.ClientAuth.NONE, "", "", Duration.ZERO),
        "tls.certFile: " + store
            + " (expected: a PKCS#12 file with a key that tls.password opens)");
    refuses(
        TlsOptions.of(cert, key).withClientAuth(TlsOptions.ClientAuth.REQUIRE, text),
        "tls.trustFile: " + text + " (expected: certificates, PEM)");
  }

  @Test
  void keepsPasswordsToItself() {
    TlsOptions tls = new TlsOptions(
        "a.p12", "", "secret", TlsOptions.ClientAuth.REQUEST, "b.p12", "hidden", Duration.ZERO);

    assertThat(tls.toString()).doesNotContain("secret", "hidden").contains("a.p12", "b.p12");
  }

  private TlsOptions pem() {
    return new TlsOptions(
        certFile.toString(),
        keyFile.toString(),
        "",
        TlsOptions.ClientAuth.NONE,
        "",
        "",
        Duration.ofMillis(20));
  }

  private int start(TlsOptions tls, int instances) {
    ServerOptions options =
        TestServer.OPTIONS.withServices(ServerOptions.Services.DEFAULTS).withTls(tls);
    List<GrpcServerVerticle> servers = new ArrayList<>();
    await(vertx.deployVerticle(
        () -> {
          GrpcServerVerticle server =
              GrpcServerVerticle.builder().options(options).build();
          servers.add(server);
          return server;
        },
        new DeploymentOptions().setInstances(instances)));
    return servers.get(0).actualPort();
  }

  private void refuses(TlsOptions tls, String message) {
    assertThatThrownBy(() -> start(tls, 1)).cause().hasMessage(message);
  }

  private static BigInteger serial(int port) throws IOException {
    try (TlsPeer peer = TlsPeer.connect(port, "TLSv1.3", "h2")) {
      return peer.certificate().getSerialNumber();
    }
  }

  private Channel channel(int port) {
    return Channel.create(
        vertx,
        ChannelOptions.to("127.0.0.1:" + port)
            .withTls(new ChannelOptions.Tls(true, "", "", "", true)));
  }

  private static String greet(Channel channel) {
    return await(
            channel.unary(SAY_HELLO, HelloRequest.newBuilder().setName("Ada").build()))
        .getMessage();
  }

  /** Replaces a file as a whole, as every tool does that renews certificates. */
  private void put(String source, Path target) throws IOException {
    Path next =
        Files.copy(Path.of(source), folder.resolve("next"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(next, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private void writePkcs12(Path file, String password) throws Exception {
    X509KeyManager keys =
        (X509KeyManager) OLD.keyCertOptions().getKeyManagerFactory(vertx).getKeyManagers()[0];
    String alias = keys.getServerAliases("RSA", null)[0];
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "own", keys.getPrivateKey(alias), password.toCharArray(), keys.getCertificateChain(alias));
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, password.toCharArray());
    }
  }

  /** What a server says of its files. */
  private static final class Log extends AppenderBase<ILoggingEvent> {

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    @Override
    public void start() {
      super.start();
      logger().addAppender(this);
    }

    @Override
    public void stop() {
      logger().detachAppender(this);
      super.stop();
    }

    private static Logger logger() {
      return (Logger) LoggerFactory.getLogger(TlsReload.class);
    }

    @Override
    protected void append(ILoggingEvent event) {
      lines.add(event.getFormattedMessage());
    }

    /** Waits for a line that names this file; other tests have files of their own. */
    String next(String file) throws InterruptedException {
      while (true) {
        String line = lines.poll(Patience.SECONDS, TimeUnit.SECONDS);
        if (line == null) {
          throw new AssertionError("nothing was said of " + file);
        }
        if (line.contains(file)) {
          return line;
        }
      }
    }

    /** Moves the lines with this text to a list. */
    void poll(String text, List<String> into) {
      for (String line = lines.poll(); line != null; line = lines.poll()) {
        if (line.contains(text)) {
          into.add(line);
        }
      }
    }
  }
}
