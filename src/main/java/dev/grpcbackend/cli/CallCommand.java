package dev.grpcbackend.cli;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TypeRegistry;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ClientCall;
import dev.grpcbackend.rpc.Marshaller;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.schema.Schema;
import io.vertx.core.Promise;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code call}: one call of any method of any server, JSON in and JSON out. */
@Command(
    name = "call",
    description = "Calls a method: JSON in, JSON out.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CallCommand implements Callable<Integer> {

  @Mixin
  private Server server = new Server();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "METHOD",
      description = "package.Service/Method")
  private @Nullable String methodName;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "JSON",
      description = "The request, several in a row for a stream; @ reads them from standard input.")
  private String data = "";

  @Option(names = "--emit-defaults", description = "Shows fields that have their default value.")
  private boolean emitDefaults;

  @Option(
      names = "--allow-unknown-fields",
      description = "Ignores JSON fields that the message does not have.")
  private boolean allowUnknown;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Makes the call N times, one after the other, and sums up.")
  private int repeat = 1;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      description = "With --repeat: from the start of a call to that of the next. Default: 0.")
  private BigDecimal every = BigDecimal.ZERO;

  @Option(names = "-v", description = "Shows method, headers and trailers; twice for sizes too.")
  private boolean[] verbose = {};

  private int sent;
  private int received;
  private String answeredBy = "";

  @Override
  public Integer call() {
    return server.connected(methodName, this::call);
  }

  private int call(Channel channel, @Nullable String name) {
    if (name == null) {
      throw server.missing("METHOD");
    }
    Schema schema = server.schema(channel);
    MethodDescriptor descriptor = schema.method(name);
    TypeRegistry types = schema.types();
    PrintWriter out = server.out();
    if (isVerbose()) {
      out.println("Resolved method descriptor:");
      out.println(ProtoText.source(descriptor));
      out.println();
      out.println("Request metadata to send:");
      show(server.metadata(), out);
    }
    Method<DynamicMessage, DynamicMessage> method = Method.of(
        descriptor,
        Marshaller.of(DynamicMessage.getDefaultInstance(descriptor.getInputType())),
        Marshaller.of(DynamicMessage.getDefaultInstance(descriptor.getOutputType())));
    if (repeat == 1) {
      return once(channel, method, types);
    }
    if (data.equals("@")) {
      throw new CommandFailure("--repeat: with -d @ (expected: the request itself)");
    }
    return new Repetition(repeat, every, out).run(() -> {
      once(channel, method, types);
      return answeredBy;
    });
  }

  private int once(
      Channel channel, Method<DynamicMessage, DynamicMessage> method, TypeRegistry types) {
    MethodDescriptor descriptor = Objects.requireNonNull(method.descriptor());
    PrintWriter out = server.out();
    JsonMessages requests =
        new JsonMessages(descriptor.getInputType(), types, input(), allowUnknown);
    // Read before the call begins, so that bad JSON costs no call.
    DynamicMessage first = requests.next();
    sent = 0;
    received = 0;
    ClientCall<DynamicMessage, DynamicMessage> call = channel.call(method);
    Promise<Void> ended = Promise.promise();
    call.headers().onSuccess(headers -> {
      if (isVerbose()) {
        out.println("Response headers received:");
        show(headers, out);
        out.flush();
      }
    });
    call.responses()
        .exceptionHandler(ended::tryFail)
        .endHandler(end -> ended.tryComplete())
        .handler(response -> show(response, types, out));
    call.sendHeaders();
    send(call, requests, first, descriptor.isClientStreaming());
    try {
      Wait.until(ended.future());
      answeredBy = call.server();
      return finish(call, out, ExitCode.OK);
    } catch (StatusException failure) {
      if (isVerbose()) {
        out.println("Response trailers received:");
        show(failure.trailers(), out);
        out.println(counts());
        out.flush();
      }
      throw failure;
    }
  }

  private int finish(ClientCall<?, ?> call, PrintWriter out, int code) {
    if (isVerbose()) {
      out.println("Response trailers received:");
      show(Wait.until(call.trailers()), out);
      out.println(counts());
    }
    out.flush();
    return code;
  }

  private void send(
      ClientCall<DynamicMessage, DynamicMessage> call,
      JsonMessages requests,
      @Nullable DynamicMessage first,
      boolean many) {
    if (!many) {
      sent = 1;
      call.sendLast(first == null ? call.method().request().emptyMessage() : first);
      return;
    }
    try {
      for (DynamicMessage next = first; next != null; next = requests.next()) {
        sent++;
        call.send(next);
        waitForRoom(call);
      }
    } catch (CommandFailure bad) {
      call.cancel("the next request is no valid JSON");
      throw bad;
    }
    call.halfClose();
  }

  private static void waitForRoom(ClientCall<?, ?> call) {
    CountDownLatch room = new CountDownLatch(1);
    call.context().runOnContext(turn -> {
      if (call.writeQueueFull()) {
        call.drainHandler(drained -> room.countDown());
      } else {
        room.countDown();
      }
    });
    // The end of the call makes room as well.
    call.trailers().onComplete(end -> room.countDown());
    try {
      room.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Reader input() {
    return data.equals("@")
        ? new InputStreamReader(System.in, StandardCharsets.UTF_8)
        : new StringReader(data);
  }

  private void show(DynamicMessage response, TypeRegistry types, PrintWriter out) {
    received++;
    if (isVerbose()) {
      out.println("Response contents:");
      if (verbose.length > 1) {
        out.println("Estimated response size: " + response.getSerializedSize() + " bytes");
      }
    }
    out.println(JsonMessages.print(response, types, emitDefaults));
    out.flush();
  }

  private boolean isVerbose() {
    return verbose.length > 0;
  }

  private String counts() {
    return "Sent " + sent + (sent == 1 ? " request" : " requests") + " and received " + received
        + (received == 1 ? " response" : " responses");
  }

  private static void show(Metadata metadata, PrintWriter out) {
    if (metadata.isEmpty()) {
      out.println("(empty)");
    }
    metadata.forEach((name, value) -> out.println(name + ": "
        + (value instanceof byte[] bytes ? Base64.getEncoder().encodeToString(bytes) : value)));
    out.println();
  }
}
