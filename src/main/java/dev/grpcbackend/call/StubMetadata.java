package dev.grpcbackend.call;

import dev.grpcbackend.rpc.Metadata;
import io.vertx.core.MultiMap;
import java.util.Base64;
import java.util.Map;

/** Metadata as the {@code MultiMap} of Vert.x's gRPC interfaces; binary values are base64 there. */
final class StubMetadata {

  private static final Base64.Encoder ENCODER = Base64.getEncoder().withoutPadding();

  private StubMetadata() {}

  static MultiMap from(Metadata metadata) {
    MultiMap map = MultiMap.caseInsensitiveMultiMap();
    metadata.forEach((name, value) -> map.add(
        name, value instanceof byte[] bytes ? ENCODER.encodeToString(bytes) : (String) value));
    return map;
  }

  static void copy(MultiMap from, Metadata to) {
    for (Map.Entry<String, String> entry : from) {
      to.add(entry.getKey(), entry.getValue());
    }
  }
}
