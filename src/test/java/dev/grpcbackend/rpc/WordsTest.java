package dev.grpcbackend.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class WordsTest {

  @Nested
  class OfDeadline {
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);

    @Test
    void passesWhenItsTimeHasComeAlsoAcrossTheOverflowOfTheClock() {
      Deadline deadline = Deadline.afterNanos(100, clock::get);
      assertThat(deadline.remainingNanos()).isEqualTo(100);
      clock.addAndGet(99);
      assertThat(deadline.isExpired()).isFalse();
      clock.addAndGet(1);
      assertThat(deadline.isExpired()).isTrue();
      assertThat(deadline.remainingNanos()).isZero();
    }

    @Test
    void ofTheLongestTimeoutHasNotPassed() {
      assertThat(Deadline.afterNanos(Long.MAX_VALUE, clock::get).isExpired()).isFalse();
      assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)).isExpired()).isFalse();
    }

    @Test
    void ofNoTimeHasPassedAndNeverHasNot() {
      assertThat(Deadline.afterNanos(0, clock::get).isExpired()).isTrue();
      assertThat(Deadline.NEVER.isExpired()).isFalse();
      assertThat(Deadline.NEVER.remainingNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void minIsTheEarlier() {
      Deadline early = Deadline.afterNanos(10, clock::get);
      Deadline late = Deadline.afterNanos(20, clock::get);
      assertThat(early.min(late)).isSameAs(early);
      assertThat(late.min(early)).isSameAs(early);
      assertThat(Deadline.NEVER.min(late)).isSameAs(late);
    }
  }

  @Nested
  class OfMetadata {
    private static final Metadata.Key<String> TEXT = Metadata.Key.ascii("X-Text");
    private static final Metadata.Key<byte[]> BYTES = Metadata.Key.binary("x-bytes-bin");

    @Test
    void keepsOrderAndRepeatedNames() {
      Metadata metadata =
          new Metadata().add(TEXT, "1").add(BYTES, new byte[] {7}).add(TEXT, "2");
      assertThat(metadata.get(TEXT)).isEqualTo("1");
      assertThat(metadata.getAll(TEXT)).containsExactly("1", "2");
      assertThat(metadata.get(BYTES)).containsExactly(7);
      assertThat(metadata.size()).isEqualTo(3);
    }

    @Test
    void setReplacesAndRemoveForgets() {
      Metadata metadata = new Metadata().add(TEXT, "1").add(TEXT, "2").set(TEXT, "3");
      assertThat(metadata.getAll(TEXT)).containsExactly("3");
      metadata.remove(TEXT);
      assertThat(metadata.isEmpty()).isTrue();
      assertThat(metadata.get(TEXT)).isNull();
    }

    @Test
    void growsBeyondItsFirstSlots() {
      Metadata metadata = new Metadata();
      for (int i = 0; i < 100; i++) {
        metadata.add("k" + i, "v" + i);
      }
      assertThat(metadata.get("k99")).isEqualTo("v99");
    }

    @Test
    void refusesNamesAndValuesThatCannotTravel() {
      assertThatThrownBy(() -> Metadata.Key.ascii("a b")).hasMessageContaining("a b");
      assertThatThrownBy(() -> Metadata.Key.ascii("a-bin")).hasMessageContaining("-bin");
      assertThatThrownBy(() -> Metadata.Key.binary("a")).hasMessageContaining("-bin");
      assertThatThrownBy(() -> new Metadata().add("x", "line\nbreak"))
          .hasMessageContaining("character 10");
    }

    @Test
    void neverShowsItsValues() {
      assertThat(new Metadata().add("authorization", "secret").toString())
          .contains("authorization")
          .doesNotContain("secret");
    }

    @Test
    void emptyCannotBeChanged() {
      assertThatThrownBy(() -> Metadata.EMPTY.add("a", "b"))
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void aFailureIsNeverOk() {
    assertThatThrownBy(Status.OK::asException).isInstanceOf(IllegalArgumentException.class);
    assertThat(Status.NOT_FOUND.withDescription("no such order").asException())
        .hasMessage("NOT_FOUND: no such order");
  }

  @Test
  void aRichStatusKeepsItsDetailsAndAgreesWithThePlainOne() {
    com.google.rpc.Status rich = com.google.rpc.Status.newBuilder()
        .setCode(8)
        .setMessage("later")
        .addDetails(com.google.protobuf.Any.pack(com.google.rpc.RetryInfo.getDefaultInstance()))
        .build();
    StatusException failure = RichStatus.asException(rich);
    assertThat(failure.status()).isEqualTo(Status.RESOURCE_EXHAUSTED.withDescription("later"));
    assertThat(RichStatus.of(failure)).isEqualTo(rich);
    assertThat(RichStatus.of(Status.NOT_FOUND.asException())).isNull();
    assertThatThrownBy(() -> RichStatus.asException(rich.toBuilder().setCode(99).build()))
        .hasMessage("code: 99 (expected: 1 to 16)");
  }

  @Test
  void detailsAreReadByTheirType() {
    com.google.rpc.ErrorInfo info =
        com.google.rpc.ErrorInfo.newBuilder().setReason("SOLD_OUT").build();
    StatusException failure = Status.NOT_FOUND
        .withDescription("no such order")
        .withDetails(com.google.rpc.RetryInfo.getDefaultInstance(), info);
    assertThat(failure.status()).isEqualTo(Status.NOT_FOUND.withDescription("no such order"));
    assertThat(failure.detail(com.google.rpc.ErrorInfo.class)).isEqualTo(info);
    assertThat(failure.detail(com.google.rpc.Help.class)).isNull();
    assertThat(Status.NOT_FOUND.asException().detail(com.google.rpc.Help.class)).isNull();
  }
}
