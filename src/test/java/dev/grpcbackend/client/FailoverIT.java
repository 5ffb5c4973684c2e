package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.Program;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three servers, processes of the packaged jar, that go and come back while they are called. */
@Timeout(300)
class FailoverIT {

  private static final String RETRYING = """
      {methodConfig: [{name: [{}], retryPolicy: {maxAttempts: 5, initialBackoff: 0.01s,
       maxBackoff: 1s, backoffMultiplier: 3, retryableStatusCodes: [UNAVAILABLE]}}]}""";

  private final Vertx vertx = Vertx.vertx();
  private final List<Program> servers = new ArrayList<>();
  private final List<String> addresses = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    for (int i = 2; i <= 4; i++) {
      addresses.add("127.0.0." + i + ":" + Program.freePort());
      servers.add(serve(addresses.get(addresses.size() - 1)));
    }
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    servers.forEach(Program::close);
  }

  private static Program serve(String address) throws InterruptedException {
    String[] parts = address.split(":", 2);
    Program server = Program.jar("serve", "--host", parts[0], "--port", parts[1]);
    server.awaitLine("ready in");
    return server;
  }

  private Calls calls(String serviceConfig) {
    Calls calls = new Calls(Channel.create(
        vertx,
        ChannelOptions.to("static:///" + addresses.stream().collect(Collectors.joining(",")))
            .withLoadBalancing("round_robin")
            .withServiceConfig(ServiceConfig.parse(serviceConfig))));
    calls.awaitServers(3);
    return calls;
  }

  @Test
  void losesNoCallWhenServersAreRestartedInTurn() throws Exception {
    Calls calls = calls("");
    for (int i = 0; i < servers.size(); i++) {
      servers.get(i).terminate();
      servers.get(i).awaitExit();
      servers.set(i, serve(addresses.get(i)));
      calls.awaitServers(3);
    }

    assertThat(calls.stop()).isEmpty();
    assertThat(calls.made()).isGreaterThan(1_000);
  }

  @Test
  void losesNoCallThatMayBeRetriedWhenServersAreKilledInTurn() throws Exception {
    Calls calls = calls(RETRYING);
    for (int i = 0; i < servers.size(); i++) {
      servers.get(i).close();
      servers.get(i).awaitExit();
      servers.set(i, serve(addresses.get(i)));
      calls.awaitServers(3);
    }

    assertThat(calls.stop()).isEmpty();
    assertThat(calls.made()).isGreaterThan(1_000);
  }
}
