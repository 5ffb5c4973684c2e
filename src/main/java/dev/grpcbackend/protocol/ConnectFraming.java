package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MessageFramer;
import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/**
 * Connect's framing of streams (Connect protocol, Streaming-Response): gRPC's envelopes, and as the
 * last of them the outcome in JSON.
 */
final class ConnectFraming extends Framing {

  private static final int END_OF_STREAM = 2;

  private final String contentType;
  private final ConnectError errors;
  private final HeaderBlock plainHead;

  ConnectFraming(CallLimits limits, String contentType, boolean json, ConnectError errors) {
    super(limits, Status.INVALID_ARGUMENT, json);
    this.errors = errors;
    this.contentType = contentType;
    this.plainHead = headBuilder(Metadata.EMPTY, false).build();
  }

  @Override
  String protocol() {
    return ConnectProtocol.NAME;
  }

  @Override
  HeaderBlock head(Metadata headers, boolean gzip) {
    return headers.isEmpty() && !gzip ? plainHead : headBuilder(headers, gzip).build();
  }

  @Override
  @Nullable
  HeaderBlock headOnly(Status status, Metadata headers, Metadata trailers) {
    return null;
  }

  @Override
  @Nullable
  HeaderBlock end(Status status, Metadata trailers, MessageFramer last) {
    last.append(END_OF_STREAM, errors.endOfStream(status, trailers));
    return null;
  }

  @Override
  Metadata metadata(MultiMap headers) {
    return ConnectMetadata.read(headers);
  }

  private HeaderBlock.Builder headBuilder(Metadata headers, boolean gzip) {
    HeaderBlock.Builder head = new HeaderBlock.Builder()
        .add(GrpcHeaders.CONTENT_TYPE, contentType)
        .add("connect-accept-encoding", GrpcHeaders.GZIP);
    if (gzip) {
      head.add("connect-content-encoding", GrpcHeaders.GZIP);
    }
    ConnectMetadata.write(headers, head::add);
    return head;
  }
}
