package dev.grpcbackend.call;

import io.vertx.core.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Who is at the other end of the connection that a call came by. */
public interface Peer {

  SocketAddress remoteAddress();

  /** Returns the TLS session, with the client's certificates if it sent any; null for clear text. */
  @Nullable
  SSLSession tlsSession();
}
