package dev.grpcbackend.call;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.server.GrpcServerRequest;

/** Lets a handler written against Vert.x's {@code GrpcServerRequest} answer a call. */
record StubHandler<Req, Resp>(
    GrpcMessageEncoder<Resp> encoder, Handler<GrpcServerRequest<Req, Resp>> handler)
    implements ServerCallHandler<Req, Resp> {

  @Override
  public Future<Void> handle(ServerCall<Req, Resp> call) {
    StubResponse<Req, Resp> response = new StubResponse<>(call, encoder);
    StubRequest<Req, Resp> request = new StubRequest<>(call, response);
    handler.handle(request);
    return response.done();
  }
}
