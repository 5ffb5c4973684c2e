package dev.grpcbackend.client;

import static dev.grpcbackend.client.Greeters.await;
import static dev.grpcbackend.client.Greeters.hello;
import static dev.grpcbackend.client.Greeters.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionSource;
import dev.grpcbackend.options.OptionsReader;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.testing.GrpcJavaServer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class OptionsTest {

  @Test
  void readsEveryFormOfATarget() {
    assertThat(Target.parse("example.org:443"))
        .extracting(Target::host, Target::port)
        .containsExactly("example.org", 443);
    assertThat(Target.parse("[::1]:8080"))
        .extracting(Target::host, Target::port)
        .containsExactly("::1", 8080);
    assertThat(Target.parse("dns:///shop.test:99").unresolved())
        .isEqualTo(SocketAddress.inetSocketAddress(99, "shop.test"));
    assertThat(Target.parse("dns:///shop.test:99").nameServer()).isNull();
    assertThat(Target.parse("dns://10.0.0.2/shop.test:99").nameServer())
        .isEqualTo(SocketAddress.inetSocketAddress(53, "10.0.0.2"));
    assertThat(Target.parse("dns://[::1]:5353/shop.test:99").nameServer())
        .isEqualTo(SocketAddress.inetSocketAddress(5353, "::1"));
    Target service = Target.parse("dns:///_grpc._tcp.shop.test");
    assertThat(service.unresolved())
        .isEqualTo(SocketAddress.inetSocketAddress(0, "_grpc._tcp.shop.test"));
    assertThat(service).extracting(Target::host, Target::port).containsExactly("shop.test", 0);
    assertThat(Target.parse("unix:/run/x.sock").address().path()).isEqualTo("/run/x.sock");
    assertThat(Target.parse("unix:///run/x.sock").address().path()).isEqualTo("/run/x.sock");
  }

  @Test
  void callsATargetByAnotherName() {
    Target target = Target.parse("127.0.0.1:8080");

    assertThat(target.named("shop", false).port()).isEqualTo(80);
    assertThat(target.named("shop", true))
        .extracting(Target::host, Target::port)
        .containsExactly("shop", 443);
    assertThat(target.named("shop:99", true))
        .extracting(Target::host, Target::port)
        .containsExactly("shop", 99);
    assertThat(target.named("[::1]:99", false).port()).isEqualTo(99);
    assertThat(target.named("[::1]", false).port()).isEqualTo(80);
    assertThat(target.named("", true)).isEqualTo(target);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        ":80",
        "a:",
        "a:b",
        "a:0",
        "a:65536",
        "::1:80",
        "unix:",
        "dns://a",
        "dns:///_a.b",
        "dns:///_a._b",
        "dns://ns.test/a:1"
      })
  void refusesWhatIsNoTarget(String text) {
    assertThatThrownBy(() -> ChannelOptions.to(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("target: " + text);
  }

  @Test
  void namesKeyValueAndBoundOfAWrongOption() {
    assertThatThrownBy(() -> new ChannelOptions.Limits(0, 1, 1))
        .hasMessage("limits.maxInboundMessageBytes: 0 (expected: >= 1)");
    assertThatThrownBy(() ->
            new ChannelOptions.Connections(0, 1, Duration.ofSeconds(1), Duration.ofSeconds(1)))
        .hasMessage("connections.perTarget: 0 (expected: >= 1)");
    assertThatThrownBy(() -> new ChannelOptions.Tls(true, "", "client.pem", "", false))
        .hasMessage("tls.keyFile: \"\" (expected: certFile and keyFile together)");
    assertThatThrownBy(() -> CallOptions.DEFAULTS.withTimeout(Duration.ofSeconds(-1)))
        .hasMessage("timeout: PT-1S (expected: >= 0)");
  }

  @Test
  void theShippedFileShowsEveryKeyWithItsDefault() {
    OptionsReader<ChannelOptions> reader = new OptionsReader<>(ChannelOptions.DEFAULTS);
    OptionSource file = ConfigTree.file(Path.of("conf/client.yaml"));
    assertThat(file.values().keySet()).containsExactlyElementsOf(reader.keys());
    assertThat(reader.read(List.of(file)).options()).isEqualTo(ChannelOptions.DEFAULTS);
  }

  @Test
  void refusesAFileThatCannotBeReadBeforeTheFirstCall() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      assertThatThrownBy(() -> Channel.create(
              vertx, ChannelOptions.DEFAULTS.withTls(ChannelOptions.Tls.trusting("/no/such.pem"))))
          .hasMessage("tls.trustFile: /no/such.pem (expected: a readable PEM file)");
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void keepsCallOptionsWhenTheirMetadataIsChangedLater() {
    Metadata metadata = new Metadata().add("a", "1");
    CallOptions options = CallOptions.DEFAULTS.withMetadata(metadata);

    metadata.add("b", "2");
    options.metadata().add("c", "3");

    assertThat(options.metadata().size()).isEqualTo(1);
    assertThat(options.withHeader("d", "4").metadata().get("d")).isEqualTo("4");
  }

  @Test
  void deploysAClientFromItsConfiguration() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (GrpcJavaServer server = Greeters.server()) {
      GrpcClientVerticle client = new GrpcClientVerticle();
      JsonObject config = new JsonObject()
          .put("target", "127.0.0.1:" + server.start())
          .put("limits", new JsonObject().put("maxInboundMessageBytes", 1000));
      String id = await(vertx.deployVerticle(client, new DeploymentOptions().setConfig(config)));

      assertThat(client.channel().options().limits().maxInboundMessageBytes()).isEqualTo(1000);
      assertThat(await(client.channel().unary(Greeters.SAY_HELLO, name("Ada"))))
          .isEqualTo(hello("Ada"));
      await(vertx.undeploy(id));
      assertThatThrownBy(() -> await(client.channel().unary(Greeters.SAY_HELLO, name("x"))))
          .hasMessageStartingWith("UNAVAILABLE");
    } finally {
      await(vertx.close());
    }
  }

  @Test
  void refusesAnUnknownKeyOfItsConfiguration() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      DeploymentOptions options =
          new DeploymentOptions().setConfig(new JsonObject().put("targett", "x:1"));

      assertThatThrownBy(() -> await(vertx.deployVerticle(new GrpcClientVerticle(), options)))
          .hasMessageContaining("targett");
    } finally {
      await(vertx.close());
    }
  }
}
