package dev.grpcbackend.cli;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.options.Nearest;
import dev.grpcbackend.schema.Schema;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code describe}: the definition of a symbol, or of all services. */
@Command(
    name = "describe",
    description = "Shows the definition of a service, message or other symbol.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DescribeCommand implements Callable<Integer> {

  @Mixin
  private Server server = new Server();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SYMBOL",
      description = "Full name; all services without one.")
  private @Nullable String symbol;

  @Option(names = "--msg-template", description = "Shows a message as JSON with every field.")
  private boolean template;

  @Override
  public Integer call() {
    return server.connected(symbol, (channel, one) -> {
      Schema schema = server.schema(channel);
      List<String> names = one == null ? schema.services() : List.of(one);
      names.forEach(name -> describe(name, schema));
      server.out().flush();
      return ExitCode.OK;
    });
  }

  private void describe(String name, Schema schema) {
    GenericDescriptor found = schema.symbol(name.replace('/', '.'));
    if (found == null) {
      if (schema.services().contains(name)) {
        throw new CommandFailure(name + ": the server has this service, but no description of it");
      }
      String nearest = Nearest.of(name, schema.services());
      throw new CommandFailure(
          "unknown symbol: " + name + (nearest == null ? "" : " (nearest: " + nearest + ")"));
    }
    PrintWriter out = server.out();
    out.println(found.getFullName() + " is " + ProtoText.kind(found) + ":");
    out.println(ProtoText.source(found));
    if (template && found instanceof Descriptor message) {
      out.println();
      out.println("Message template:");
      out.println(json(message));
    }
  }

  private static String json(Descriptor message) {
    try {
      return JsonFormat.printer()
          .alwaysPrintFieldsWithNoPresence()
          .print(DynamicMessage.getDefaultInstance(message));
    } catch (InvalidProtocolBufferException impossible) {
      throw new CommandFailure("no template for " + message.getFullName());
    }
  }
}
