package dev.grpcbackend.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/** A log line: {@code 14:03:27.113 WARN  dev.grpcbackend.server.Gateway - message}, then the stack. */
final class LogLine extends LayoutBase<ILoggingEvent> {

  private static final int LEVEL_WIDTH = 5;

  @Override
  public String doLayout(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(128);
    Clock.FORMAT.formatTo(event.getInstant(), line);
    line.append(' ').append(event.getLevel());
    for (int i = event.getLevel().toString().length(); i <= LEVEL_WIDTH; i++) {
      line.append(' ');
    }
    line.append(event.getLoggerName()).append(" - ").append(event.getFormattedMessage());
    line.append(System.lineSeparator());
    if (event.getThrowableProxy() != null) {
      line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return line.toString();
  }

  /** Made with the first line, which most starts do without. */
  private static final class Clock {
    static final DateTimeFormatter FORMAT =
        DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneId.systemDefault());
  }
}
