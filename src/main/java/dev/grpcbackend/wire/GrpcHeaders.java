package dev.grpcbackend.wire;

import io.netty.util.AsciiString;

/** Header names and values of gRPC's PROTOCOL-HTTP2, in the form that costs nothing to send. */
public final class GrpcHeaders {

  public static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
  public static final AsciiString TE = AsciiString.cached("te");
  public static final AsciiString TRAILERS = AsciiString.cached("trailers");
  public static final AsciiString USER_AGENT = AsciiString.cached("user-agent");
  public static final AsciiString GRPC_TIMEOUT = AsciiString.cached("grpc-timeout");
  public static final AsciiString GRPC_ENCODING = AsciiString.cached("grpc-encoding");
  public static final AsciiString GRPC_ACCEPT_ENCODING = AsciiString.cached("grpc-accept-encoding");
  public static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
  public static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");
  public static final AsciiString GRPC_STATUS_DETAILS =
      AsciiString.cached("grpc-status-details-bin");
  public static final AsciiString GRPC_PREVIOUS_RPC_ATTEMPTS =
      AsciiString.cached("grpc-previous-rpc-attempts");
  public static final AsciiString GZIP = AsciiString.cached("gzip");
  public static final AsciiString IDENTITY = AsciiString.cached("identity");
  public static final AsciiString APPLICATION_GRPC = AsciiString.cached("application/grpc");

  private GrpcHeaders() {}
}
