package dev.grpcbackend.wirecontract;

import com.google.protobuf.ByteString;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.RawHttp1Peer;
import dev.grpcbackend.testing.RawHttp2Peer;
import dev.grpcbackend.testing.RawStream;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The server of a test class with the {@link Greeters}; each call has a connection of its own. */
final class WireServer implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

  /** Small, so that tests reach it cheaply. */
  static final int MAX_MESSAGE_BYTES = 64 << 10;

  private static final int MAX_FRAME_BYTES = 16_384;

  static final ServerOptions.Limits LIMITS = new ServerOptions.Limits(
      MAX_MESSAGE_BYTES, 8 << 10, 100, Duration.ofSeconds(30), Duration.ofHours(1));

  private final ServerOptions options;
  private final Consumer<GrpcServerVerticle.Builder> services;
  private final Greeters greeters = new Greeters();
  private final List<AutoCloseable> peers = new ArrayList<>();
  private @Nullable TestServer server;

  WireServer(ServerOptions options, Consumer<GrpcServerVerticle.Builder> services) {
    this.options = options;
    this.services = services;
  }

  /** A server with the limits of the tests and the greeters alone. */
  WireServer() {
    this(TestServer.OPTIONS.withLimits(LIMITS), none -> {});
  }

  /** A server with the limits of the tests, the greeters, and more. */
  WireServer(Consumer<GrpcServerVerticle.Builder> services) {
    this(TestServer.OPTIONS.withLimits(LIMITS), services);
  }

  /** Opens a connection, which is closed after the test. */
  RawHttp2Peer connect() {
    return connect(ByteString.EMPTY);
  }

  /** Opens a connection with settings, which is closed after the test. */
  RawHttp2Peer connect(ByteString settings) {
    RawHttp2Peer peer = RawHttp2Peer.connect(port(), settings);
    peers.add(peer);
    return peer;
  }

  /** Opens a connection for HTTP/1.1, which is closed after the test. */
  RawHttp1Peer connectHttp1() {
    RawHttp1Peer peer = RawHttp1Peer.connect(port());
    peers.add(peer);
    return peer;
  }

  /** Makes a whole call on a new connection and waits for its end. */
  Outcome call(RequestFields fields, ByteString body) {
    return call(fields, stream -> {
      if (body.size() <= MAX_FRAME_BYTES) {
        stream.end(body);
      } else {
        stream.endInFrames(body, MAX_FRAME_BYTES);
      }
    });
  }

  /** Makes a call whose request is what {@code request} sends after the fields. */
  Outcome call(RequestFields fields, Consumer<RawStream> request) {
    RawHttp2Peer peer = connect();
    int before = starts();
    RawStream stream = peer.open(fields);
    request.accept(stream);
    return new Outcome(this, peer, stream.response(), before);
  }

  /** Returns how many handlers were started until now. */
  int starts() {
    return greeters.starts();
  }

  int port() {
    return server().port();
  }

  TestServer server() {
    if (server == null) {
      throw new IllegalStateException("the server has not been started");
    }
    return server;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    server = TestServer.start(options, builder -> {
      greeters.register(builder);
      services.accept(builder);
    });
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    for (AutoCloseable peer : peers) {
      peer.close();
    }
    peers.clear();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    server().close();
  }
}
