package dev.grpcbackend.cli;

import dev.grpcbackend.policy.Authenticator;
import dev.grpcbackend.policy.Policy;
import dev.grpcbackend.rpc.Method;
import dev.grpcbackend.server.GrpcServerVerticle;
import dev.grpcbackend.server.ServerOptions;
import io.vertx.core.Vertx;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A policy file, and the methods of the server that it is for. */
final class PolicySource {

  @Parameters(index = "0", paramLabel = "FILE", description = "The policy file.")
  private @Nullable String file;

  @Mixin
  private ServiceClasses services = new ServiceClasses();

  /** Returns the methods that the server would have, by name. */
  List<Method<?, ?>> methods(Vertx vertx) {
    ServerOptions defaults = ServerOptions.DEFAULTS;
    ServerOptions.Services served = defaults.services();
    return GrpcServerVerticle.builder()
        .options(defaults.withServices(new ServerOptions.Services(
            services.names(),
            served.health(),
            served.reflection(),
            served.channelz(),
            served.examples())))
        .classLoader(services.loader())
        .methods(vertx);
  }

  /** Reads the file and checks it as a server does at its start. */
  Policy policy(Vertx vertx, List<Method<?, ?>> methods) {
    Policy policy = Policy.read(vertx, String.valueOf(file), Authenticator.NOBODY);
    policy.check(methods);
    return policy;
  }
}
