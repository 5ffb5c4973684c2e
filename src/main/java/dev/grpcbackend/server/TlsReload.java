package dev.grpcbackend.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.ServerSSLOptions;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a running server the certificates of files that have changed. Connections that are open keep
 * theirs; files that cannot be used change nothing, and the log says why, once.
 */
final class TlsReload {

  private static final Logger LOG = LoggerFactory.getLogger(TlsReload.class);

  private final Vertx vertx;
  private final NetServer server;
  private final ServerSSLOptions options;
  private final FileLook look;
  private TlsFiles inForce;

  private record Change(TlsFiles files, ServerSSLOptions options, X509Certificate own) {}

  /**
   * Creates it for a server.
   *
   * @param options those of the server
   * @param inForce the files that the server has started with
   */
  TlsReload(Vertx vertx, NetServer server, ServerSSLOptions options, TlsFiles inForce) {
    this.vertx = vertx;
    this.server = server;
    this.options = options;
    this.inForce = inForce;
    this.look = new FileLook(vertx, this::look, LOG, "the certificate in force stays");
  }

  /** Looks at the files from now on, on the context on which this is called. */
  void start() {
    look.start(inForce.names().reloadInterval());
  }

  /** Looks no more; completes when a look that has begun is over. */
  Future<Void> stop() {
    return look.stop();
  }

  private Future<Void> look() {
    TlsFiles known = inForce;
    return vertx.executeBlocking(() -> changeSince(known)).compose(this::apply);
  }

  private Optional<Change> changeSince(TlsFiles known) {
    TlsFiles now = TlsFiles.read(known.names());
    if (now.equals(known)) {
      return Optional.empty();
    }
    ServerSSLOptions changed = options.copy();
    return Optional.of(new Change(now, changed, now.into(changed, vertx)));
  }

  private Future<Void> apply(Optional<Change> found) {
    if (found.isEmpty()) {
      return Future.succeededFuture();
    }
    Change change = found.get();
    return server.updateSSLOptions(change.options()).map(updated -> {
      inForce = change.files();
      // The other instances that share the port find nothing left to do.
      if (updated) {
        LOG.info(
            "tls.certFile: {} has changed; in force for new connections: {}, valid until {}",
            change.files(),
            change.own().getSubjectX500Principal(),
            change.own().getNotAfter().toInstant());
      }
      return null;
    });
  }
}
