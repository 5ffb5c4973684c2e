package dev.grpcbackend.observe;

import dev.grpcbackend.client.ChannelOptions;
import dev.grpcbackend.client.ServiceConfig;
import dev.grpcbackend.options.Expect;

/**
 * Where the spans of calls go, and of which calls there are some.
 *
 * @param endpoint the collector that is sent them by OTLP over gRPC, {@code host:port} or {@code
 *     https://host:port}; empty for none
 * @param file where a line for each is appended; {@code -} for standard output, empty for none
 * @param serviceName what the process is called in them, {@code service.name} of OpenTelemetry
 * @param sampleEvery of the calls that come without a trace, one in so many begins one; of those that
 *     come with one, the caller has decided
 */
public record TracingOptions(String endpoint, String file, String serviceName, int sampleEvery) {

  /** Off; then every call. */
  public static final TracingOptions DEFAULTS = new TracingOptions("", "", "grpc-server", 1);

  private static final String HTTP = "http://";
  private static final String HTTPS = "https://";

  /** The codes are those that OTLP calls retryable. */
  private static final String RETRIES = "{\"methodConfig\": [{\"name\": [{}], \"retryPolicy\": {"
      + "\"maxAttempts\": 5, \"initialBackoff\": \"0.5s\", \"maxBackoff\": \"4s\","
      + "\"backoffMultiplier\": 2, \"retryableStatusCodes\": [\"CANCELLED\", \"DEADLINE_EXCEEDED\","
      + "\"ABORTED\", \"OUT_OF_RANGE\", \"UNAVAILABLE\", \"DATA_LOSS\"]}}]}";

  public TracingOptions {
    Expect.that(
        endpoint.isEmpty() || isTarget(endpoint),
        "tracing.endpoint",
        endpoint,
        "host:port of a collector, or https://host:port");
    Expect.that(!serviceName.isBlank(), "tracing.serviceName", serviceName, "a name");
    Expect.that(sampleEvery > 0, "tracing.sampleEvery", sampleEvery, "> 0");
  }

  public boolean isEnabled() {
    return !endpoint.isEmpty() || !file.isEmpty();
  }

  private static boolean isTarget(String endpoint) {
    try {
      ChannelOptions.to(target(endpoint));
      return true;
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  private static String target(String endpoint) {
    return endpoint.startsWith(HTTPS)
        ? endpoint.substring(HTTPS.length())
        : endpoint.startsWith(HTTP) ? endpoint.substring(HTTP.length()) : endpoint;
  }

  /** Returns how to reach the collector. */
  ChannelOptions collector() {
    ChannelOptions plain =
        ChannelOptions.to(target(endpoint)).withServiceConfig(ServiceConfig.parse(RETRIES));
    return endpoint.startsWith(HTTPS) ? plain.withTls(ChannelOptions.Tls.trusting("")) : plain;
  }
}
