package dev.grpcbackend.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Logging where neither the application nor {@code -Dlogback.configurationFile} brings any: warnings
 * and errors, and what we have to say, on standard error. In code, because the parsers for a file and
 * for a pattern take a tenth of the time that the server needs to start.
 */
@ConfiguratorRank(Logging.AFTER_FILES)
public final class Logging extends ContextAwareBase implements Configurator {

  /** Between logback's search for files and what it does without any. */
  static final int AFTER_FILES = (ConfiguratorRank.NOMINAL + ConfiguratorRank.FALLBACK) / 2;

  /** Made by logback, which finds it as a service. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext logging) {
    LogLine line = new LogLine();
    line.setContext(logging);
    line.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(logging);
    encoder.setLayout(line);
    encoder.start();
    ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
    stderr.setContext(logging);
    stderr.setName("stderr");
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    Logger root = logging.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(stderr);
    logging.getLogger("dev.grpcbackend").setLevel(Level.INFO);
    // What the Vert.x launchers have to say, such as that they have deployed the verticle.
    logging.getLogger("io.vertx.launcher").setLevel(Level.INFO);
    logging.getLogger("io.vertx.core.impl.launcher").setLevel(Level.INFO);
    // A connection that ends is reported by the calls on it.
    logging.getLogger("io.vertx.core.http.impl").setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
