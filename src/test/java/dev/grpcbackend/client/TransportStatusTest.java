package dev.grpcbackend.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.rpc.Status;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class TransportStatusTest {

  /** Netty's has no text, so what was printed was its class. */
  @Test
  void saysInWordsThatAWriteFoundTheConnectionClosed() {
    Throwable unsent = new IOException(new ClosedChannelException());

    Status known = TransportStatus.broken(unsent, "10.0.0.1:80", "answered no PING");
    Status unknown = TransportStatus.broken(unsent, "10.0.0.1:80", null);

    assertThat(known)
        .isEqualTo(
            Status.UNAVAILABLE.withDescription("connection to 10.0.0.1:80 answered no PING"));
    assertThat(unknown)
        .isEqualTo(Status.UNAVAILABLE.withDescription("connection to 10.0.0.1:80 was closed"));
  }

  @Test
  void saysInWordsThatTheConnectionWasClosedWhileItWasMade() {
    Status status = TransportStatus.notConnected(
        new ClosedChannelException(), "10.0.0.1:80", ChannelOptions.Tls.DEFAULTS);

    assertThat(status.description())
        .isEqualTo("cannot connect to 10.0.0.1:80: it closed the connection; does it want TLS"
            + " (tls.enabled is false)?");
  }
}
