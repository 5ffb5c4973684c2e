package dev.grpcbackend.client;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionsReader;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A channel with the life cycle of a verticle: made when it is deployed, closed when it is undeployed.
 * Deploy it from code, with options, or by class name, with the options in the deployment's
 * configuration under the names of {@link ChannelOptions}.
 */
public final class GrpcClientVerticle extends VerticleBase {

  private final @Nullable ChannelOptions options;
  private final CallOptions callOptions;
  private final ClientCallObserver observer;
  private volatile @Nullable Channel channel;

  /** Creates a client that reads its options from the configuration it is deployed with. */
  public GrpcClientVerticle() {
    this(builder());
  }

  private GrpcClientVerticle(Builder settings) {
    this.options = settings.options;
    this.callOptions = settings.callOptions;
    this.observer = settings.observer;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** How the client reaches its server. */
  public static final class Builder {

    private @Nullable ChannelOptions options;

    private CallOptions callOptions = CallOptions.DEFAULTS;
    private ClientCallObserver observer = ClientCallObserver.NONE;

    private Builder() {}

    /** Sets the options; without them they are read from the deployment's configuration. */
    public Builder options(ChannelOptions options) {
      this.options = options;
      return this;
    }

    /** Sets the options of the channel's calls. */
    public Builder callOptions(CallOptions callOptions) {
      this.callOptions = callOptions;
      return this;
    }

    /** Adds what sees all calls of the channel. */
    public Builder observe(ClientCallObserver observer) {
      this.observer = this.observer.and(observer);
      return this;
    }

    public GrpcClientVerticle build() {
      return new GrpcClientVerticle(this);
    }
  }

  /** Makes the channel; nothing is connected before the first call. */
  @Override
  public Future<?> start() {
    ChannelOptions effective = options != null
        ? options
        : new OptionsReader<>(ChannelOptions.DEFAULTS)
            .read(List.of(ConfigTree.text("config", config().encode())))
            .options();
    channel = Channel.create(vertx, effective).with(callOptions).observe(observer);
    return Future.succeededFuture();
  }

  /** Closes the channel: calls in flight fail with UNAVAILABLE. */
  @Override
  public Future<?> stop() {
    Channel open = channel;
    return open == null ? Future.succeededFuture() : open.close();
  }

  /**
   * Returns the channel; to be called by any thread.
   *
   * @throws IllegalStateException before the verticle was deployed
   */
  public Channel channel() {
    Channel open = channel;
    if (open == null) {
      throw new IllegalStateException("the client is not deployed");
    }
    return open;
  }
}
