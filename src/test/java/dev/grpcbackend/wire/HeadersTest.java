package dev.grpcbackend.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.grpcbackend.rpc.Metadata;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {

  @ParameterizedTest
  @CsvSource({
    "1S,1000000000",
    "1n,1",
    "0S,0",
    "500u,500000",
    "20m,20000000",
    "2M,120000000000",
    "1H,3600000000000",
    "00000001S,1000000000",
    "99999999H," + Long.MAX_VALUE
  })
  void readsTimeouts(String value, long nanos) {
    assertThat(TimeoutHeader.parseNanos(value)).isEqualTo(nanos);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "S", "5", "abc", "-5S", "+5S", "1.5S", "123456789S", "1 S", "1s", "1SS"})
  void refusesWhatIsNoTimeout(String value) {
    assertThat(TimeoutHeader.parseNanos(value)).isEqualTo(TimeoutHeader.MALFORMED);
  }

  @Test
  void writesTimeoutsThatReadBackRoundedDownByLessThanOneUnit() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      long nanos = 1 + (random.nextLong() >>> (1 + random.nextInt(62)));
      String value = TimeoutHeader.format(nanos);
      long read = TimeoutHeader.parseNanos(value);
      assertThat(value).as("seed %d", seed).matches("[0-9]{1,8}[HMSmun]");
      assertThat(read).as("seed %d nanos %d", seed, nanos).isLessThanOrEqualTo(nanos);
      assertThat((double) read).as("seed %d nanos %d", seed, nanos).isGreaterThan(nanos * 0.9999);
    }
    assertThat(TimeoutHeader.format(0)).isEqualTo("1n");
    assertThat(TimeoutHeader.format(TimeUnit.SECONDS.toNanos(1))).isEqualTo("1000000u");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plain text|plain text",
        "a/b c+d~|a/b c+d~",
        "100%|100%25",
        "grüß|gr%C3%BC%C3%9F",
        "a\\tb\\n.|a%09b%0A."
      })
  void encodesMessagesOnlyWhereTheSpecificationAsksForIt(String text, String encoded) {
    String raw = text.replace("\\t", "\t").replace("\\n", "\n");
    assertThat(StatusHeaders.encodeMessage(raw)).isEqualTo(encoded);
    assertThat(StatusHeaders.decodeMessage(encoded)).isEqualTo(raw);
  }

  @ParameterizedTest
  @CsvSource({"a%zzb,a%zzb", "50%,50%", "%4,%4", "a+b,a+b", "%41%,A%"})
  void keepsBrokenEscapesAsTheyAre(String value, String text) {
    assertThat(StatusHeaders.decodeMessage(value)).isEqualTo(text);
  }

  @Test
  void readsBackTheStatusItWrote() {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    Metadata trailers = new Metadata().add("x-detail", "1");
    StatusHeaders.write(Status.NOT_FOUND.withDescription("no söng"), trailers, headers::add);
    assertThat(StatusHeaders.read(headers)).isEqualTo(Status.NOT_FOUND.withDescription("no söng"));
    assertThat(headers.get("grpc-status")).isEqualTo("5");
    assertThat(headers.get("x-detail")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"99", "17", "abc", "", "-1", "0x1", "100"})
  void reportsAnUnknownCodeAsUnknownWithItsValue(String value) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("grpc-status", value);
    assertThat(StatusHeaders.read(headers)).isNotNull().satisfies(status -> {
      assertThat(status.code()).isEqualTo(GrpcStatus.UNKNOWN);
      assertThat(status.description()).contains("grpc-status: " + value);
    });
  }

  @Test
  void hasNoStatusWithoutTheHeader() {
    assertThat(StatusHeaders.read(MultiMap.caseInsensitiveMultiMap())).isNull();
  }

  @Test
  void readsBinaryMetadataPaddedUnpaddedAndJoined() {
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap().add("k-bin", "AQ==,AgM").add("k-bin", "AQID");
    Metadata metadata = MetadataHeaders.read(headers);
    assertThat(metadata.getAll(Metadata.Key.binary("k-bin")))
        .containsExactly(new byte[] {1}, new byte[] {2, 3}, new byte[] {1, 2, 3});
  }

  @Test
  void refusesBinaryMetadataThatIsNoBase64() {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("k-bin", "!!");
    assertThatThrownBy(() -> MetadataHeaders.read(headers))
        .isInstanceOfSatisfying(
            StatusException.class,
            failure -> assertThat(failure.code()).isEqualTo(GrpcStatus.INTERNAL));
  }

  @Test
  void hidesWhatBelongsToTheProtocolInBothDirections() {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap()
        .add("content-type", "application/grpc")
        .add("te", "trailers")
        .add("grpc-timeout", "1S")
        .add("grpc-made-up", "x")
        .add("grpc-previous-rpc-attempts", "2")
        .add("user-agent", "probe")
        .add("bad name", "x")
        .add("x-nonascii", "ü")
        .add("authorization", "Bearer t");
    Metadata metadata = MetadataHeaders.read(headers);
    assertThat(metadata.size()).isEqualTo(3);
    assertThat(metadata.get("user-agent")).isEqualTo("probe");
    assertThat(metadata.get("grpc-previous-rpc-attempts")).isEqualTo("2");
    assertThat(metadata.get("authorization")).isEqualTo("Bearer t");

    MultiMap written = MultiMap.caseInsensitiveMultiMap();
    Metadata sent = new Metadata()
        .add("grpc-status", "0")
        .add("content-type", "text/html")
        .add(Metadata.Key.binary("k-bin"), new byte[] {1})
        .add("grpc-retry-pushback-ms", "10");
    MetadataHeaders.write(sent, written::add);
    assertThat(written.names()).containsExactlyInAnyOrder("k-bin", "grpc-retry-pushback-ms");
    assertThat(written.get("k-bin")).isEqualTo("AQ");
  }
}
