package dev.grpcbackend.protocol;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.wire.HeaderSink;
import dev.grpcbackend.wire.MetadataHeaders;
import io.vertx.core.MultiMap;
import java.util.Map;
import java.util.Set;

/**
 * Metadata in Connect (Connect protocol, Custom-Metadata): as in gRPC, but names that begin with
 * {@value #RESERVED_PREFIX} are the protocol's, and the details of an error are in its JSON.
 */
final class ConnectMetadata {

  private static final String RESERVED_PREFIX = "connect-";

  private static final Set<String> OF_CONNECT =
      Set.of("content-encoding", "grpc-status-details-bin");

  private ConnectMetadata() {}

  static Metadata read(MultiMap headers) {
    Metadata metadata = new Metadata();
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey();
      if (MetadataHeaders.isUserName(name) && isOpen(name)) {
        MetadataHeaders.addTo(metadata, name, header.getValue());
      }
    }
    return metadata;
  }

  static void write(Metadata metadata, HeaderSink into) {
    if (!metadata.isEmpty()) {
      MetadataHeaders.write(metadata, (name, value) -> {
        if (isOpen(name.toString())) {
          into.add(name, value);
        }
      });
    }
  }

  private static boolean isOpen(String name) {
    return !name.startsWith(RESERVED_PREFIX) && !OF_CONNECT.contains(name);
  }
}
