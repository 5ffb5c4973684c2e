package dev.grpcbackend.server;

import dev.grpcbackend.call.BindableService;
import dev.grpcbackend.service.ChannelzService;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.service.Health;
import dev.grpcbackend.service.HealthService;
import dev.grpcbackend.service.ProcessService;
import dev.grpcbackend.service.ReflectionService;
import io.vertx.core.Vertx;
import io.vertx.grpc.server.Service;

/** Registers what the options name: the built-in services, and the user's classes. */
final class BuiltInServices {

  private BuiltInServices() {}

  static void register(
      Vertx vertx,
      GrpcBackend backend,
      ServerOptions.Services services,
      Health health,
      ClassLoader loader) {
    if (services.examples()) {
      backend.add(new ProcessService()).add(new GreeterService());
    }
    if (services.health()) {
      backend.add(new HealthService(health));
    }
    if (services.reflection()) {
      backend.add(new ReflectionService(backend.methods()));
    }
    if (services.channelz()) {
      backend.add(new ChannelzService(ChannelzServer.all(vertx), vertx));
    }
    for (String className : services.classes()) {
      Object service = create(className, loader);
      if (service instanceof BindableService bindable) {
        backend.add(bindable);
      } else if (service instanceof Service stub) {
        backend.addService(stub);
      } else {
        throw new IllegalArgumentException(
            "services.classes: " + className + " (expected: a class that implements "
                + BindableService.class.getName() + " or " + Service.class.getName() + ")");
      }
    }
  }

  private static Object create(String className, ClassLoader loader) {
    try {
      return Class.forName(className, true, loader).getConstructor().newInstance();
    } catch (ClassNotFoundException missing) {
      throw new IllegalArgumentException(
          "services.classes: " + className + " (expected: a class on the class path)", missing);
    } catch (ReflectiveOperationException failure) {
      throw new IllegalArgumentException(
          "services.classes: " + className
              + " (expected: a class with a public no-argument constructor that succeeds)",
          failure);
    }
  }
}
