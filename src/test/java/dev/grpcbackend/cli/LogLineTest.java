package dev.grpcbackend.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;

class LogLineTest {

  private static final Instant NOON = Instant.parse("2026-02-03T12:00:00.007Z");

  @Test
  void saysTimeLevelLoggerAndMessage() {
    String time = DateTimeFormatter.ofPattern("HH:mm:ss.SSS")
        .withZone(ZoneId.systemDefault())
        .format(NOON);

    assertThat(line(Level.WARN, null)).isEqualTo(time + " WARN  a.Logger - 2 of 3%n".formatted());
    assertThat(line(Level.ERROR, null)).isEqualTo(time + " ERROR a.Logger - 2 of 3%n".formatted());
  }

  @Test
  void putsTheStackBelow() {
    Throwable failure = new IllegalStateException("no", new IllegalArgumentException("bad"));

    assertThat(line(Level.ERROR, failure).lines())
        .anyMatch(line -> line.equals("java.lang.IllegalStateException: no"))
        .anyMatch(line -> line.startsWith("\tat " + LogLineTest.class.getName()))
        .anyMatch(line -> line.equals("Caused by: java.lang.IllegalArgumentException: bad"));
  }

  private static String line(Level level, Throwable failure) {
    LoggingEvent event = new LoggingEvent(
        "", new LoggerContext().getLogger("a.Logger"), level, "{} of {}", failure, new Object[] {
          2, 3
        });
    event.setInstant(NOON);
    return new LogLine().doLayout(event);
  }
}
