package dev.grpcbackend.bus;

import dev.grpcbackend.client.Channel;
import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsException;
import dev.grpcbackend.options.OptionsReader;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Channels that are called by the event bus, each at an address of its own. Its configuration, {@code
 * conf/bus.yaml}, has {@code channels} by their addresses; each with the keys of {@link
 * ChannelOptions}, and with {@code services}, whose names are addresses, too.
 *
 * <p>A request to an address has {@code action}, {@code package.Service/Method}, among its headers, and
 * a {@code JsonObject} or a {@code Buffer} as its body; the reply has the same. Metadata has {@code
 * __header__.} before its names, {@code grpc-timeout} is the deadline, 30 s without it. JSON needs the
 * server's reflection. A call that fails is a {@code ReplyException}, see {@link BusFailure}. Streams are
 * opened as the clients of Vert.x's own transport do it, see {@code proto/eventbus/transport.proto}.
 */
public final class GrpcBusVerticle extends VerticleBase {

  private static final String CHANNELS = "channels";
  private static final String SERVICES = "services";

  private final List<BusChannel> open = new ArrayList<>();
  private @Nullable BusEndpoint endpoint;

  /** Makes the channels, and listens; nothing is connected before the first call. */
  @Override
  public Future<?> start() {
    JsonObject channels = config().getJsonObject(CHANNELS);
    if (channels == null || channels.isEmpty()) {
      throw new OptionsException(CHANNELS + ": none (expected: a channel for each address)");
    }
    BusEndpoint streams = new BusEndpoint(vertx, System::nanoTime);
    endpoint = streams;
    List<Future<Void>> listening = new ArrayList<>();
    listening.add(streams.listen());
    for (String address : channels.fieldNames()) {
      if (!(channels.getValue(address) instanceof JsonObject said)) {
        throw new OptionsException(
            CHANNELS + "." + address + " (expected: the options of a channel)");
      }
      JsonObject options = said.copy();
      List<String> services = services(address, options.remove(SERVICES));
      Channel channel = Channel.create(
          vertx,
          new OptionsReader<>(ChannelOptions.DEFAULTS)
              .read(List.of(ConfigTree.text(CHANNELS + "." + address, options.encode())))
              .options());
      BusChannel made = new BusChannel(vertx, channel, streams);
      open.add(made);
      listening.add(made.listen(address, services));
    }
    return Future.all(listening);
  }

  private static List<String> services(String address, Object said) {
    if (said == null) {
      return List.of();
    }
    if (said instanceof JsonArray names && names.stream().allMatch(String.class::isInstance)) {
      return names.stream().map(String.class::cast).toList();
    }
    throw new OptionsException(CHANNELS + "." + address + "." + SERVICES + ": " + said
        + " (expected: names of services, [helloworld.Greeter])");
  }

  /** Closes the channels: calls in flight fail with UNAVAILABLE. */
  @Override
  public Future<?> stop() {
    if (endpoint != null) {
      endpoint.close();
    }
    List<Future<Void>> closing = new ArrayList<>();
    open.forEach(channel -> closing.add(channel.close()));
    return Future.all(closing);
  }
}
