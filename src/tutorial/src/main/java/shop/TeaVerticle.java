package shop;

import dev.grpcbackend.bus.GrpcBusVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonObject;

/** A verticle that orders tea, and knows nothing but an address of the event bus. */
public final class TeaVerticle extends VerticleBase {

  @Override
  public Future<?> start() {
    JsonObject order = new JsonObject().put("article", "tea").put("quantity", 2);
    return vertx
        .eventBus()
        .<JsonObject>request(
            "orders", order, new DeliveryOptions().addHeader("action", "shop.v1.Orders/Place"))
        .onSuccess(receipt -> System.out.println(receipt.body().getString("text")));
  }

  /** Deploys the channel to the server of {@code arguments}, and the verticle. */
  public static void main(String[] arguments) {
    JsonObject orders = new JsonObject().put("target", arguments[0]);
    JsonObject config =
        new JsonObject().put("channels", new JsonObject().put("orders", orders));
    Vertx vertx = Vertx.vertx();
    vertx
        .deployVerticle(new GrpcBusVerticle(), new DeploymentOptions().setConfig(config))
        .compose(channel -> vertx.deployVerticle(new TeaVerticle()))
        .onFailure(Throwable::printStackTrace)
        .eventually(vertx::close);
  }
}
