package dev.grpcbackend.cli;

import dev.grpcbackend.policy.Authenticator;
import dev.grpcbackend.policy.Policy;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A policy file, and the methods of the server that it is for. */
final class PolicySource {

  @Parameters(index = "0", paramLabel = "FILE", description = "The policy file.")
  private @Nullable String file;

  @Option(
      names = "--service",
      paramLabel = "CLASS",
      description = "A class that provides a service beside the examples; repeatable.")
  private List<String> services = new ArrayList<>();

  @Option(
      names = "--classpath",
      paramLabel = "JAR",
      description = "Where these classes are: jars or folders; repeatable.")
  private List<String> classpath = new ArrayList<>();

  /** Returns the methods that the server would have, by name. */
  List<Method<?, ?>> methods(Vertx vertx) {
    ServerOptions defaults = ServerOptions.DEFAULTS;
    ServerOptions.Services served = defaults.services();
    return GrpcServerVerticle.builder()
        .options(defaults.withServices(new ServerOptions.Services(
            services, served.health(), served.reflection(), served.channelz(), served.examples())))
        .classLoader(ServiceClasses.loader(classpath))
        .methods(vertx);
  }

  /** Reads the file and checks it as a server does at its start. */
  Policy policy(Vertx vertx, List<Method<?, ?>> methods) {
    Policy policy = Policy.read(vertx, String.valueOf(file), Authenticator.NOBODY);
    policy.check(methods);
    return policy;
  }
}
