package dev.grpcbackend.transport;

import io.netty.handler.codec.http2.Http2Error;

/** A connection error (RFC 9113, section 5.4.1): the peer broke a rule that concerns all streams. */
final class Http2Failure extends Exception {

  private static final long serialVersionUID = 1L;

  private final Http2Error error;
  private final String reason;
  private final Cut cut;

  Http2Failure(Http2Error error, String reason) {
    this(error, reason, error == Http2Error.ENHANCE_YOUR_CALM ? Cut.FLOOD : Cut.PROTOCOL_ERROR);
  }

  Http2Failure(Http2Error error, String reason, Cut cut) {
    super(reason, null, false, false);
    this.error = error;
    this.reason = reason;
    this.cut = cut;
  }

  Http2Error error() {
    return error;
  }

  /** Returns what was wrong, in words for the peer. */
  String reason() {
    return reason;
  }

  Cut cut() {
    return cut;
  }
}
