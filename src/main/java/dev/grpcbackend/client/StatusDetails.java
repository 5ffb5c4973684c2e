package dev.grpcbackend.client;

import dev.grpcbackend.rpc.RichStatus;
import dev.grpcbackend.rpc.StatusException;
import dev.grpcbackend.wire.MetadataHeaders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks the {@code google.rpc.Status} that a server may add to a failure. */
final class StatusDetails {

  private static final Logger LOG = LoggerFactory.getLogger(StatusDetails.class);
  private static final String NAME = "grpc-status-details-bin";

  private StatusDetails() {}

  /** Whether a header value is what it should be; a malformed one is logged, never an error. */
  static boolean isIntact(String value) {
    try {
      if (RichStatus.parse(MetadataHeaders.decode(NAME, value)) != null) {
        return true;
      }
      LOG.debug("ignored {}: no google.rpc.Status", NAME);
    } catch (StatusException malformed) {
      LOG.debug("ignored {}: {}", NAME, malformed.getMessage());
    }
    return false;
  }
}
