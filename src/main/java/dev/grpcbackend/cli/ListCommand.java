package dev.grpcbackend.cli;

import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.grpcbackend.client.Channel;
import dev.grpcbackend.schema.Schema;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code list}: the services of a server, or the methods of a service. */
@Command(
    name = "list",
    description = "Lists the services of a server, or the methods of one.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ListCommand implements Callable<Integer> {

  @Mixin
  private Server server = new Server();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SERVICE",
      description = "Full name of a service.")
  private @Nullable String service;

  @Override
  public Integer call() {
    return server.connected(service, this::list);
  }

  private int list(Channel channel, @Nullable String name) {
    Schema schema = server.schema(channel);
    List<String> lines = name == null
        ? schema.services()
        : schema.service(name).getMethods().stream()
            .map(MethodDescriptor::getFullName)
            .sorted()
            .toList();
    if (lines.isEmpty()) {
      server.out().println(name == null ? "(No services)" : "(No methods)");
    }
    lines.forEach(server.out()::println);
    server.out().flush();
    return ExitCode.OK;
  }
}
