package shop;

import static dev.grpcbackend.call.ServerCalls.unary;

import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.rpc.Status;
import io.vertx.core.Future;
import java.util.List;
import shop.v1.Order;
import shop.v1.Receipt;

/** Takes orders. */
public final class OrdersService implements BindableService {

  @Override
  public List<BoundMethod<?, ?>> methods() {
    return List.of(
        BoundMethod.of(
            "shop.v1.Orders/Place", Order.class, Receipt.class, unary((order, call) -> place(order))));
  }

  private static Future<Receipt> place(Order order) {
    if (order.getQuantity() < 1) {
      return Future.failedFuture(
          Status.INVALID_ARGUMENT
              .withDescription("quantity: " + order.getQuantity() + " (expected: > 0)")
              .asException());
    }
    String text = order.getQuantity() + " x " + order.getArticle() + " ordered";
    return Future.succeededFuture(Receipt.newBuilder().setText(text).build());
  }
}
