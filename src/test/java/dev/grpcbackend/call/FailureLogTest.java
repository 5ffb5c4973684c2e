package dev.grpcbackend.call;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.grpcbackend.testing.FakeClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureLogTest {

  private static final String METHOD = "a.A/Fail";

  private final FakeClock clock = new FakeClock();
  private final ListAppender<ILoggingEvent> written = new ListAppender<>();
  private final FailureLog log = new FailureLog(logger(), clock);

  private Logger logger() {
    Logger logger = new LoggerContext().getLogger("failures");
    written.start();
    logger.addAppender(written);
    return logger;
  }

  @Test
  void writesOneOfFailuresThatAreAlikeInAMinuteAndCountsTheOthers() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      ids.add(log.add(METHOD, bug(), false));
    }
    assertThat(lines()).containsExactly(METHOD + " failed [error id " + ids.get(0) + "]");
    // Whoever was given an id finds it.
    assertThat(ids).containsOnly(ids.get(0));
    clock.advance(Duration.ofMinutes(1));
    String next = log.add(METHOD, bug(), true);
    assertThat(lines())
        .hasSize(2)
        .contains(METHOD + " failed after its call had ended, and had 999 times more [error id "
            + next + "]");
  }

  @Test
  void tellsFailuresApartByMethodClassAndPlace() {
    log.add(METHOD, bug(), false);
    log.add("a.A/Other", bug(), false);
    log.add(METHOD, new IllegalStateException("elsewhere"), false);
    log.add(METHOD, new IllegalArgumentException("of another class"), false);
    assertThat(lines()).hasSize(4);
  }

  @Test
  void cutsATextThatSomebodySent() {
    log.add(METHOD, new IllegalArgumentException("x".repeat(1 << 20)), false);
    assertThat(written.list.get(0).getThrowableProxy().getMessage()).hasSize(1_000);
  }

  @Test
  void cutsAStackThatGoesRoundInCircles() {
    try {
      log.add(METHOD, new IllegalStateException(endless(1) + ""), false);
    } catch (StackOverflowError overflow) {
      log.add(METHOD, overflow, false);
    }
    assertThat(written.list.get(0).getThrowableProxy().getStackTraceElementProxyArray())
        .hasSizeLessThanOrEqualTo(100);
  }

  @SuppressWarnings("InfiniteRecursion") // that is the point
  private static int endless(int depth) {
    return endless(depth + 1) + 1;
  }

  private static IllegalStateException bug() {
    return new IllegalStateException("bug");
  }

  private List<String> lines() {
    return written.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }
}
