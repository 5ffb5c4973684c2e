package dev.grpcbackend.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.grpcbackend.transport.Cut;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class CutLogTest {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
  private static final String HOST = "192.0.2.7";

  private final Logger logger = (Logger) LoggerFactory.getLogger(CutLog.class);
  private final List<String> written = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
    @Override
    protected void append(ILoggingEvent event) {
      // Servers of other tests write there too.
      if (event.getFormattedMessage().contains(HOST)) {
        written.add(event.getFormattedMessage());
      }
    }
  };
  private final CutLog cuts = new CutLog();

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(appender);
  }

  @Test
  void saysInOneLineWhatAMinuteBrought() {
    cuts.write(0);
    assertThat(written).isEmpty();
    cuts.add(Cut.SLOW_HEAD, HOST);
    cuts.write(1);
    assertThat(written)
        .containsExactly("clients cut off: 1 slow head; the last came from 192.0.2.7");
    for (int i = 0; i < 100_000; i++) {
      cuts.add(Cut.SLOW_HEAD, HOST);
      cuts.add(Cut.FLOOD, HOST);
      cuts.write(2);
    }
    assertThat(written).hasSize(1);
    cuts.write(MINUTE + 1);
    cuts.write(3 * MINUTE);
    assertThat(written)
        .hasSize(2)
        .last()
        .isEqualTo("clients cut off: 100000 slow head, 100000 flood; the last came from 192.0.2.7");
  }
}
