package dev.grpcbackend.conformance;

import dev.grpcbackend.conformance.proto.ClientCompatRequest;
import dev.grpcbackend.conformance.proto.ClientCompatResponse;
import dev.grpcbackend.conformance.proto.ClientErrorResult;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Makes the calls that standard input asks for, several at a time, until its end. */
final class ClientMain {

  private static final int CALLS_AT_A_TIME = 8;

  private final Delimited console = new Delimited();
  private final Vertx vertx = Vertx.vertx();
  private final Channels channels = new Channels(vertx);

  private ClientMain() {}

  public static void main(String[] arguments) throws Exception {
    new ClientMain().run();
  }

  private void run() throws Exception {
    ExecutorService calls = Executors.newFixedThreadPool(CALLS_AT_A_TIME);
    Optional<ClientCompatRequest> next = console.read(ClientCompatRequest.parser());
    while (next.isPresent()) {
      ClientCompatRequest request = next.get();
      calls.execute(() -> answer(request));
      next = console.read(ClientCompatRequest.parser());
    }
    calls.shutdown();
    calls.awaitTermination(1, TimeUnit.MINUTES);
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private void answer(ClientCompatRequest request) {
    ClientCompatResponse.Builder response =
        ClientCompatResponse.newBuilder().setTestName(request.getTestName());
    try {
      PayloadMethod<?, ?> method = PayloadMethod.named(request.getMethod());
      response.setResponse(new ClientCase<>(vertx, channels.to(request), method, request).run());
    } catch (Exception noCall) {
      response.setError(ClientErrorResult.newBuilder().setMessage(String.valueOf(noCall)));
    }
    try {
      console.write(response.build());
    } catch (IOException suiteGone) {
      throw new UncheckedIOException(suiteGone);
    }
  }
}
