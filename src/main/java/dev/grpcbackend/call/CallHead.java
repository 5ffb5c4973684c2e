package dev.grpcbackend.call;

import org.jspecify.annotations.Nullable;

/** What is known of a request before anything is done about it. */
public interface CallHead {

  /** Returns the name of the protocol that it came by, as in the options: {@code grpc}. */
  String protocol();

  Peer peer();

  /**
   * Returns the first value of a header as it was sent, or null; the name is in lower case. Who asks often
   * does so by an {@code AsciiString}, which knows its hash.
   */
  @Nullable
  String header(CharSequence name);
}
