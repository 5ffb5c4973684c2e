package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Deadline;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.TimeoutHeader;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;

/** The headers of a request, in the order of PROTOCOL-HTTP2, Requests. */
final class RequestHead {

  private RequestHead() {}

  /** Fills in the headers of an attempt of {@code call}. */
  static void write(
      HttpCall<?, ?> call, HttpClientRequest stream, boolean gzip, int previousAttempts) {
    stream.setChunked(true);
    MultiMap head = stream.headers();
    head.add(GrpcHeaders.TE, GrpcHeaders.TRAILERS);
    Deadline deadline = call.deadline();
    if (deadline.isFinite()) {
      head.add(GrpcHeaders.GRPC_TIMEOUT, TimeoutHeader.format(deadline.remainingNanos()));
    }
    head.add(GrpcHeaders.CONTENT_TYPE, GrpcHeaders.APPLICATION_GRPC);
    head.add(GrpcHeaders.USER_AGENT, call.source().options().transport().userAgent());
    if (gzip) {
      head.add(GrpcHeaders.GRPC_ENCODING, GrpcHeaders.GZIP);
    }
    head.add(GrpcHeaders.GRPC_ACCEPT_ENCODING, GrpcHeaders.GZIP);
    if (previousAttempts > 0) {
      head.add(GrpcHeaders.GRPC_PREVIOUS_RPC_ATTEMPTS, Integer.toString(previousAttempts));
    }
    Metadata metadata = call.requestHeaders();
    if (!metadata.isEmpty()) {
      MetadataHeaders.write(metadata, head::add);
    }
  }
}
