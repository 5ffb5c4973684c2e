package dev.grpcbackend.client;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import dev.grpcbackend.wire.StatusHeaders;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@code google.rpc.Status} that a server may add to a failure. */
public final class StatusDetails {

  private static final Logger LOG = LoggerFactory.getLogger(StatusDetails.class);
  private static final String NAME = "grpc-status-details-bin";
  private static final Metadata.Key<byte[]> KEY = Metadata.Key.binary(NAME);

  private StatusDetails() {}

  /** Returns the details that came with the failure of a call, or null if there were none. */
  public static com.google.rpc.@Nullable Status of(StatusException failure) {
    byte[] details = failure.trailers().get(KEY);
    return details == null ? null : StatusHeaders.parseDetails(details);
  }

  /** Whether a header value is what it should be; a malformed one is logged, never an error. */
  static boolean isIntact(String value) {
    try {
      if (StatusHeaders.parseDetails(MetadataHeaders.decode(NAME, value)) != null) {
        return true;
      }
      LOG.debug("ignored {}: no google.rpc.Status", NAME);
    } catch (StatusException malformed) {
      LOG.debug("ignored {}: {}", NAME, malformed.getMessage());
    }
    return false;
  }
}
