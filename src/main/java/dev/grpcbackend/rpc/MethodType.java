package dev.grpcbackend.rpc;

/** The four shapes of a call: how many messages flow each way. */
public enum MethodType {
  UNARY,
  SERVER_STREAMING,
  CLIENT_STREAMING,
  BIDI_STREAMING;

  /** Returns the shape for the two {@code stream} markers of a method in a {@code .proto} file. */
  public static MethodType of(boolean clientStreaming, boolean serverStreaming) {
    if (clientStreaming) {
      return serverStreaming ? BIDI_STREAMING : CLIENT_STREAMING;
    }
    return serverStreaming ? SERVER_STREAMING : UNARY;
  }

  /** Whether the caller sends exactly one message. */
  public boolean hasSingleRequest() {
    return this == UNARY || this == SERVER_STREAMING;
  }

  /** Whether the server answers a successful call with exactly one message. */
  public boolean hasSingleResponse() {
    return this == UNARY || this == CLIENT_STREAMING;
  }
}
