package dev.grpcbackend.policy;

import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;

/** Tells callers when to come back: {@code grpc-retry-pushback-ms} (gRFC A6), {@code google.rpc.RetryInfo}. */
final class Pushback {

  private static final Metadata.Key<String> HEADER = Metadata.Key.ascii("grpc-retry-pushback-ms");

  private Pushback() {}

  static StatusException of(Status status, long millis, Message... details) {
    Message[] all = new Message[details.length + 1];
    all[0] = RetryInfo.newBuilder().setRetryDelay(Durations.fromMillis(millis)).build();
    System.arraycopy(details, 0, all, 1, details.length);
    return status.asException(new Metadata()
        .addAll(status.withDetails(all).trailers())
        .add(HEADER, Long.toString(millis)));
  }
}
