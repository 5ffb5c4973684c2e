package dev.grpcbackend.transport;

import io.netty.handler.codec.http2.Http2Error;

/** A connection error (RFC 9113, section 5.4.1): the peer broke a rule that concerns all streams. */
final class Http2Failure extends Exception {

  private static final long serialVersionUID = 1L;

  private final Http2Error error;
  private final String reason;

  Http2Failure(Http2Error error, String reason) {
    super(reason, null, false, false);
    this.error = error;
    this.reason = reason;
  }

  Http2Error error() {
    return error;
  }

  /** Returns what was wrong, in words for the peer. */
  String reason() {
    return reason;
  }
}
