package dev.grpcbackend.protocol;

import java.time.Duration;

/**
 * What a protocol lets a caller do.
 *
 * @param maxInboundMessageBytes bound on one request message, also after inflation
 * @param maxMetadataBytes bound on the request's headers, each counted as name, value and 32 bytes
 *     (RFC 9113, section 6.5.2)
 * @param defaultDeadline deadline of calls whose caller sets none
 * @param maxDeadline cap on what a caller may set
 * @param compressionMinBytes responses from this size on are compressed if the caller accepts it;
 *     {@link Integer#MAX_VALUE} for never
 */
public record CallLimits(
    int maxInboundMessageBytes,
    int maxMetadataBytes,
    Duration defaultDeadline,
    Duration maxDeadline,
    int compressionMinBytes) {

  /** 4 MiB messages, 8 KiB metadata, 30 s unless the caller asks for up to 1 h, gzip from 1 KiB. */
  public static final CallLimits DEFAULTS =
      new CallLimits(4 << 20, 8 << 10, Duration.ofSeconds(30), Duration.ofHours(1), 1 << 10);
}
