package dev.grpcbackend.server;

import dev.grpcbackend.options.Expect;

/**
 * What a server tells those who operate it, by HTTP: {@code /health} (also {@code /livez}), {@code
 * /ready} ({@code /readyz}) and {@code /metrics}. Servers of one Vert.x with the same address share
 * it, and answer for all of them.
 *
 * @param enabled whether it is told at all
 * @param host the address to listen on
 * @param port the port to listen on; 0 for a free one
 * @param onServerPort whether the port of the calls answers instead of an address of its own; there
 *     everybody may read it, but for the metrics, once there is a policy
 * @param metrics whether calls are measured, for {@code /metrics}
 * @param channelz whether the address of its own has {@code grpc.channelz.v1} as well
 */
public record ManagementOptions(
    boolean enabled,
    String host,
    int port,
    boolean onServerPort,
    boolean metrics,
    boolean channelz) {

  /** Off; then on port 8081 of the loopback address, with metrics. */
  public static final ManagementOptions DEFAULTS =
      new ManagementOptions(false, "127.0.0.1", 8081, false, true, false);

  public ManagementOptions {
    Expect.that(!host.isBlank(), "management.host", host, "an address or a name");
    Expect.that(port >= 0 && port <= 65_535, "management.port", port, "0 to 65535");
    Expect.that(
        !(channelz && onServerPort),
        "management.channelz",
        channelz,
        "false with management.onServerPort; services.channelz is for the port of the calls");
  }
}
