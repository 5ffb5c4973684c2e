package dev.grpcbackend.wirecontract;

import static dev.grpcbackend.wirecontract.Greeters.UNARY;
import static dev.grpcbackend.wirecontract.Greeters.hello;
import static dev.grpcbackend.wirecontract.Greeters.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.options.OptionsReader;
import dev.grpcbackend.server.Protocols;
import dev.grpcbackend.server.ServerOptions;
import dev.grpcbackend.testing.RequestFields;
import dev.grpcbackend.testing.TestServer;
import dev.grpcbackend.testing.WebResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A protocol that is off answers as if it did not exist, and the others as ever. */
@Timeout(120)
class ProtocolChoiceTest {

  @RegisterExtension
  static final WireServer GRPC = server(true, false, false);

  @RegisterExtension
  static final WireServer GRPC_WEB = server(false, true, false);

  @RegisterExtension
  static final WireServer CONNECT = server(false, false, true);

  private static WireServer server(boolean grpc, boolean grpcWeb, boolean connect) {
    return new WireServer(
        TestServer.OPTIONS
            .withLimits(WireServer.LIMITS)
            .withProtocols(new Protocols(grpc, grpcWeb, connect, false, Protocols.Cors.DEFAULTS)),
        none -> {});
  }

  private static int status(WireServer server, String type) {
    ByteString body =
        type.startsWith("application/grpc") ? hello("Ada") : named("Ada").toByteString();
    RequestFields fields = RequestFields.post(UNARY, type);
    WebResponse response = WebVersion.HTTP_2.connect(server).call(fields, body);
    return response.status();
  }

  @ParameterizedTest
  @CsvSource({
    "application/grpc, 200, 415, 415",
    "application/grpc+proto, 200, 415, 415",
    "application/grpc-web+proto, 415, 200, 415",
    "application/grpc-web-text, 415, 200, 415",
    "application/proto, 415, 415, 200",
    "application/connect+proto, 415, 415, 415",
    "application/json, 415, 415, 400"
  })
  void answersOnlyWhatIsOn(String type, int grpc, int grpcWeb, int connect) {
    assertThat(status(GRPC, type)).as("grpc").isEqualTo(grpc);
    assertThat(status(GRPC_WEB, type)).as("grpc-web").isEqualTo(grpcWeb);
    assertThat(status(CONNECT, type)).as("connect").isEqualTo(connect);
  }

  @Test
  void namesWhatIsOn() {
    assertThat(GRPC.server().verticle().protocolNames()).containsExactly("grpc");
    assertThat(GRPC_WEB.server().verticle().protocolNames()).containsExactly("grpc-web");
    assertThat(CONNECT.server().verticle().protocolNames()).containsExactly("connect");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "grpc: false, grpcWeb: false, connect: false, rest: false | protocols.grpc: false",
        "cors: {origins: [shop.example]} | protocols.cors.origins: shop.example",
        "cors: {origins: ['https://shop.example/']} | protocols.cors.origins: https://shop.example/",
        "cors: {origins: ['*'], allowCredentials: true} | protocols.cors.allowCredentials: true",
        "cors: {allowedHeaders: ['a b']} | protocols.cors.allowedHeaders: a b",
        "cors: {exposedHeaders: ['']} | protocols.cors.exposedHeaders:",
        "grpcweb: false | protocols.grpcweb: unknown key (nearest: protocols.grpcWeb)"
      })
  void refusesOptionsThatCannotBe(String yaml, String message) {
    assertThatThrownBy(() -> new OptionsReader<>(ServerOptions.DEFAULTS)
            .read(List.of(ConfigTree.text("file", "protocols: {" + yaml + "}"))))
        .isInstanceOf(OptionsException.class)
        .hasMessageContaining(message);
  }
}
