package dev.grpcbackend.service;

import static dev.grpcbackend.call.ServerCalls.unary;

import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.proto.Request;
import dev.grpcbackend.proto.Response;
import io.vertx.core.Future;
import java.util.List;

/**
 * The tutorial's {@code Service}: {@code Process} gives back the text it got. A service of this name
 * cannot have a generated Vert.x stub, and needs none.
 */
public final class ProcessService implements BindableService {

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(BoundMethod.of(
        "Service/Process",
        Request.class,
        Response.class,
        unary((request, call) -> Future.succeededFuture(
            Response.newBuilder().setText(request.getText()).build()))));
  }
}
