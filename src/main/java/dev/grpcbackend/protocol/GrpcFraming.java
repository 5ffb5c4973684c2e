package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.transport.HeaderBlock;
import dev.grpcbackend.wire.GrpcHeaders;
import dev.grpcbackend.wire.MessageFramer;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.StatusHeaders;
import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/**
 * gRPC's framing over HTTP/2 (PROTOCOL-HTTP2, Responses): the status is in the trailers, or in the
 * head if there is nothing else.
 */
class GrpcFraming extends Framing {

  private static final HeaderBlock OK_TRAILERS =
      HeaderBlock.of(GrpcHeaders.GRPC_STATUS, "0").lasting();

  private final AsciiString contentType;
  private final HeaderBlock plainHead;

  GrpcFraming(CallLimits limits, String contentType, boolean json) {
    super(limits, Status.INTERNAL, json);
    this.contentType = AsciiString.cached(contentType);
    this.plainHead = headBuilder(Metadata.EMPTY, false).build().lasting();
  }

  @Override
  String protocol() {
    return GrpcProtocol.NAME;
  }

  @Override
  HeaderBlock head(Metadata headers, boolean gzip) {
    return headers.isEmpty() && !gzip ? plainHead : headBuilder(headers, gzip).build();
  }

  @Override
  @Nullable
  HeaderBlock headOnly(Status status, Metadata headers, Metadata trailers) {
    HeaderBlock.Builder only = headBuilder(headers, false);
    StatusHeaders.write(status, trailers, only::add);
    return only.build();
  }

  @Override
  @Nullable
  HeaderBlock end(Status status, Metadata trailers, MessageFramer last) {
    if (status.isOk() && trailers.isEmpty() && status.description().isEmpty()) {
      return OK_TRAILERS;
    }
    HeaderBlock.Builder block = new HeaderBlock.Builder();
    StatusHeaders.write(status, trailers, block::add);
    return block.build();
  }

  @Override
  Metadata metadata(MultiMap headers) {
    return MetadataHeaders.read(headers);
  }

  private HeaderBlock.Builder headBuilder(Metadata headers, boolean gzip) {
    HeaderBlock.Builder head = new HeaderBlock.Builder()
        .add(GrpcHeaders.CONTENT_TYPE, contentType)
        .add(GrpcHeaders.GRPC_ACCEPT_ENCODING, GrpcHeaders.GZIP);
    if (gzip) {
      head.add(GrpcHeaders.GRPC_ENCODING, GrpcHeaders.GZIP);
    }
    if (!headers.isEmpty()) {
      MetadataHeaders.write(headers, head::add);
    }
    return head;
  }
}
