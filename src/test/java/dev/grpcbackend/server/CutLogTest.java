package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.LogLines;
import dev.grpcbackend.transport.Cut;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CutLogTest {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
  private static final String HOST = "192.0.2.7";

  private final LogLines log = LogLines.of(CutLog.class.getName());
  private final CutLog cuts = new CutLog();

  @AfterEach
  void stop() {
    log.close();
  }

  @Test
  void saysInOneLineWhatAMinuteBrought() {
    cuts.write(0);
    assertThat(log.with(HOST)).isEmpty();
    cuts.add(Cut.SLOW_HEAD, HOST);
    cuts.write(1);
    assertThat(log.with(HOST))
        .containsExactly("clients cut off: 1 slow head; the last came from 192.0.2.7");
    for (int i = 0; i < 100_000; i++) {
      cuts.add(Cut.SLOW_HEAD, HOST);
      cuts.add(Cut.FLOOD, HOST);
      cuts.write(2);
    }
    assertThat(log.with(HOST)).hasSize(1);
    cuts.write(MINUTE + 1);
    cuts.write(3 * MINUTE);
    assertThat(log.with(HOST))
        .hasSize(2)
        .last()
        .isEqualTo("clients cut off: 100000 slow head, 100000 flood; the last came from 192.0.2.7");
  }

  @Test
  void saysNoAddressWhereNoneIsKnown() {
    for (int i = 0; i < 77_777; i++) {
      cuts.add(Cut.FAILED_HANDSHAKE, null);
    }
    cuts.write(0);
    assertThat(log.with("77777")).containsExactly("clients cut off: 77777 failed TLS handshake");
  }
}
