package dev.grpcbackend.bus;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import dev.grpcbackend.testing.TestServer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.nio.file.Path;
import java.util.List;

/** A node of a cluster on the loopback address. As a program it has the channels of the others. */
final class ClusterNode {

  private ClusterNode() {}

  /**
   * Joins those who know the same name and port, where the first of them is.
   *
   * @param name of the cluster, so that no other is joined
   */
  static Vertx join(String name, int firstPort) {
    Config config = new Config().setClusterName(name);
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.logging.type", "slf4j");
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    // Whose process was killed is gone when its sockets are, and at last after this time.
    config.setProperty("hazelcast.max.no.heartbeat.seconds", "5");
    config.setProperty("hazelcast.heartbeat.interval.seconds", "1");
    config.getNetworkConfig().setPort(firstPort).setPortAutoIncrement(true).setPortCount(20);
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).addMember("127.0.0.1:" + firstPort);
    return TestServer.await(Vertx.builder()
        .with(new VertxOptions().setEventBusOptions(new EventBusOptions().setHost("127.0.0.1")))
        .withClusterManager(new HazelcastClusterManager(config))
        .buildClustered());
  }

  /** Starts a node with a channel {@code greetings} to a port in a process of its own. */
  static Process start(String name, int firstPort, int targetPort) throws Exception {
    List<String> command = List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        ClusterNode.class.getName(),
        name,
        String.valueOf(firstPort),
        String.valueOf(targetPort));
    return new ProcessBuilder(command).inheritIO().start();
  }

  public static void main(String[] arguments) {
    JsonObject channel = new JsonObject().put("target", "127.0.0.1:" + arguments[2]);
    TestServer.await(join(arguments[0], Integer.parseInt(arguments[1]))
        .deployVerticle(
            new GrpcBusVerticle(),
            new DeploymentOptions()
                .setConfig(
                    new JsonObject().put("channels", new JsonObject().put("greetings", channel)))));
  }
}
