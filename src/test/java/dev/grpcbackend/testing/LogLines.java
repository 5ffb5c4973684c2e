package dev.grpcbackend.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What one class logs from now on until it is closed. Tests that run beside this one log too. */
public final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Logger logger;
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private LogLines(String name) {
    while (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext)) {
      // Another test has just begun to log, and the logging is being set up.
      Thread.onSpinWait();
    }
    logger = (Logger) LoggerFactory.getLogger(name);
    setContext(logger.getLoggerContext());
    start();
    logger.addAppender(this);
  }

  /** Begins to collect what a logger of this name logs. */
  public static LogLines of(String logger) {
    return new LogLines(logger);
  }

  /** Returns the lines so far that contain {@code text}. */
  public List<String> with(String text) {
    return lines.stream().filter(line -> line.contains(text)).toList();
  }

  @Override
  protected void append(ILoggingEvent event) {
    lines.add(event.getFormattedMessage());
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    stop();
  }
}
