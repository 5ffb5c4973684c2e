package dev.grpcbackend.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.grpcbackend.rpc.StatusException;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GzipTest {

  private static final int LIMIT = 1 << 20;

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 5_000, 300_000, LIMIT})
  void readsWhatTheJdkWritesAndTheReverse(int length) throws Exception {
    for (byte[] plain : new byte[][] {new byte[length], random(length)}) {
      byte[] theirs = jdkGzip(plain);
      assertThat(Gzip.inflate(theirs, 0, theirs.length, LIMIT)).isEqualTo(plain);
      byte[] ours = Gzip.deflate(plain);
      assertThat(new GZIPInputStream(new ByteArrayInputStream(ours)).readAllBytes())
          .isEqualTo(plain);
    }
  }

  @Test
  void stopsABombAtTheLimit() throws IOException {
    byte[] bomb = jdkGzip(new byte[LIMIT + 1]);
    assertTooLarge(bomb);
    byte[] larger = jdkGzip(new byte[50 * LIMIT]);
    assertTooLarge(larger);
  }

  /** The arrays grow by doubling, so all of them together stay below four times the limit. */
  @Test
  void allocatesNoMoreForALargerBomb() throws IOException {
    byte[] bomb = jdkGzip(new byte[200 * LIMIT]);
    ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> Gzip.inflate(bomb, 0, bomb.length, LIMIT))
        .isInstanceOf(StatusException.class);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4L * LIMIT);
  }

  @Test
  void refusesDamage() throws IOException {
    byte[] good = jdkGzip(random(2_000));
    byte[] wrongCrc = good.clone();
    wrongCrc[good.length - 8] ^= 1;
    assertDamaged(wrongCrc, "checksum");
    byte[] wrongSize = good.clone();
    wrongSize[good.length - 1] ^= 1;
    assertDamaged(wrongSize, "checksum");
    assertDamaged(Arrays.copyOf(good, good.length - 9), "data");
    assertDamaged(Arrays.copyOf(good, good.length + 1), "trailer");
    assertDamaged(concat(good, good), "trailer");
    assertDamaged(new byte[] {1, 2, 3}, "header");
    assertDamaged(random(100), "header");
  }

  @Test
  void neverFailsOtherwiseForAnyDamagedByte() throws IOException {
    byte[] good = jdkGzip(random(300));
    for (int at = 0; at < good.length; at++) {
      byte[] damaged = good.clone();
      damaged[at] ^= 0x55;
      try {
        Gzip.inflate(damaged, 0, damaged.length, LIMIT);
      } catch (DataFormatException expected) {
        assertThat(expected).hasMessageMatching("(header|data|trailer|checksum) .*");
      } catch (StatusException expected) {
        assertThat(expected.code()).isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
      }
    }
  }

  private static void assertTooLarge(byte[] bytes) {
    assertThatThrownBy(() -> Gzip.inflate(bytes, 0, bytes.length, LIMIT))
        .isInstanceOfSatisfying(StatusException.class, failure -> {
          assertThat(failure.code()).isEqualTo(GrpcStatus.RESOURCE_EXHAUSTED);
          assertThat(failure.status().description()).contains("limit of " + LIMIT);
        });
  }

  private static void assertDamaged(byte[] bytes, String text) {
    assertThatThrownBy(() -> Gzip.inflate(bytes, 0, bytes.length, LIMIT))
        .isInstanceOf(DataFormatException.class)
        .hasMessageContaining(text);
  }

  private static byte[] jdkGzip(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
