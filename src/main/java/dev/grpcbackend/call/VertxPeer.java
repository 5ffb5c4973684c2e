package dev.grpcbackend.call;

import io.vertx.core.http.HttpConnection;

/** A peer whose connection Vert.x knows; generated Vert.x stubs may ask for it. */
public interface VertxPeer extends Peer {

  HttpConnection httpConnection();
}
