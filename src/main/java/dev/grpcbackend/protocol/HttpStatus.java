package dev.grpcbackend.protocol;

import io.vertx.grpc.common.GrpcStatus;

/**
 * The HTTP statuses of the codes, as Connect (Connect protocol, Error Codes) and REST
 * (google/rpc/code.proto) have them.
 */
final class HttpStatus {

  private HttpStatus() {}

  static int of(GrpcStatus code) {
    return switch (code) {
      case OK -> 200;
      case CANCELLED -> 499;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
      case DEADLINE_EXCEEDED -> 504;
      case NOT_FOUND -> 404;
      case ALREADY_EXISTS, ABORTED -> 409;
      case PERMISSION_DENIED -> 403;
      case RESOURCE_EXHAUSTED -> 429;
      case UNIMPLEMENTED -> 501;
      case UNAVAILABLE -> 503;
      case UNAUTHENTICATED -> 401;
      case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
    };
  }
}
