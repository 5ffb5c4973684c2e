package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import com.google.rpc.ErrorInfo;
import dev.grpcbackend.call.BoundMethod;
import dev.grpcbackend.call.ExceptionMapper;
import dev.grpcbackend.call.ServerCalls;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.testing.TestServer;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class ExceptionMapperTest {

  private static final ErrorInfo INFO =
      ErrorInfo.newBuilder().setReason("NO_ORDER").build();

  private static final BoundMethod<StringValue, StringValue> METHOD = BoundMethod.of(
      "shop.Orders/Get",
      StringValue.class,
      StringValue.class,
      ServerCalls.unary((request, call) -> {
        throw new NoSuchElementException("secret");
      }));

  @Test
  void tellsTheCallerWhatItKnowsAnExceptionAs() {
    StatusException failure =
        failureBehind((exception, method) -> exception instanceof NoSuchElementException
            ? Status.NOT_FOUND.withDescription("no such order").withDetails(INFO)
            : null);
    assertThat(failure.status()).isEqualTo(Status.NOT_FOUND.withDescription("no such order"));
    assertThat(failure.detail(ErrorInfo.class)).isEqualTo(INFO);
  }

  @Test
  void leavesAnExceptionThatItDoesNotKnowUnknownWithAnErrorId() {
    assertUnknown(failureBehind(ExceptionMapper.NONE));
  }

  @Test
  void endsTheCallAsUnknownWhenItThrowsItself() {
    assertUnknown(failureBehind((exception, method) -> {
      throw new IllegalStateException("secret of the mapper");
    }));
    assertUnknown(failureBehind((exception, method) -> {
      throw (NoSuchElementException) exception;
    }));
  }

  private static void assertUnknown(StatusException failure) {
    assertThat(failure.status().toString()).matches("UNKNOWN: internal error \\[error id \\S+]");
  }

  private static StatusException failureBehind(ExceptionMapper mapper) {
    try (TestServer server =
        TestServer.start(builder -> builder.method(METHOD).exceptions(mapper))) {
      Channel channel = Channel.create(
          server.vertx(), ChannelOptions.DEFAULTS.withTarget("127.0.0.1:" + server.port()));
      StatusException[] failure = new StatusException[1];
      assertThatThrownBy(
              () -> TestServer.await(channel.unary(METHOD.method(), StringValue.of("7"))))
          .satisfies(error -> failure[0] = (StatusException) error.getCause());
      return failure[0];
    }
  }
}
