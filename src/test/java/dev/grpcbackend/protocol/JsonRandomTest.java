package dev.grpcbackend.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.grpcbackend.testing.echo.Everything;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our JSON beside protobuf's own, with messages and texts that nobody thought of. */
@Timeout(120)
class JsonRandomTest {

  private static final long SEED = 20_260_801;
  private static final int MESSAGES = 1_000;
  private static final int CHANGES_EACH = 10;
  private static final String ALPHABET = "{}[]\",:.0123456789eE+-tfnulasr\\/ \n\t\0éTZ@";

  // The signs of an exponent and in a date stand behind something else.
  private static final Pattern NEGATIVE_ZERO = Pattern.compile("(?<![0-9eE])-0");

  private static final TypeRegistry TYPES = TypeRegistry.newBuilder()
      .add(Everything.getDescriptor())
      .add(Struct.getDescriptor())
      .build();
  private static final JsonFormat.Parser PARSER = JsonFormat.parser().usingTypeRegistry(TYPES);
  private static final JsonFormat.Printer PLAIN = JsonFormat.printer().usingTypeRegistry(TYPES);
  private static final List<JsonFormat.Printer> PRINTERS = List.of(
      PLAIN,
      PLAIN.omittingInsignificantWhitespace(),
      PLAIN.preservingProtoFieldNames(),
      PLAIN.printingEnumsAsInts().alwaysPrintFieldsWithNoPresence());

  private final Random random = new Random(SEED);
  private final RandomMessages messages = new RandomMessages(random);

  @Test
  void readsWhatProtobufPrints() throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      Everything message = next();
      String text = PRINTERS.get(i % PRINTERS.size()).print(message);
      assertThat(JsonTest.read(text)).as(() -> shown(text)).isEqualTo(message);
    }
  }

  @Test
  void printsWhatProtobufReads() throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      Everything message = next();
      String text = new String(JsonTest.JSON.print(message), StandardCharsets.UTF_8);
      if (hasNegativeZero(text)) {
        continue;
      }
      assertThat(read(text)).as(() -> shown(text)).isEqualTo(message);
    }
  }

  /** Ours is the stricter one: what it takes, protobuf takes as the same. */
  @Test
  void readsNothingElseThanProtobufFromADamagedText() throws Exception {
    int taken = 0;
    for (int i = 0; i < MESSAGES; i++) {
      String text = PRINTERS.get(i % PRINTERS.size()).print(next());
      for (int change = 0; change < CHANGES_EACH; change++) {
        String damaged = damaged(text);
        if (hasNegativeZero(damaged)) {
          continue;
        }
        Everything ours;
        try {
          ours = JsonTest.read(damaged);
        } catch (JsonException refused) {
          continue;
        }
        taken++;
        assertThat(ours).as(() -> shown(damaged)).isEqualTo(read(damaged));
      }
    }
    // Or else nothing was compared.
    assertThat(taken).isGreaterThan(MESSAGES);
  }

  private Everything next() {
    return (Everything) messages.of(Everything.getDefaultInstance());
  }

  /** The text as ASCII, since reports end at a character that they cannot show. */
  private static String shown(String text) {
    return text.chars()
        .mapToObj(c -> c >= ' ' && c <= '~' ? "" + (char) c : String.format("<%04x>", c))
        .collect(Collectors.joining());
  }

  /** Protobuf reads it as zero. */
  private static boolean hasNegativeZero(String text) {
    return NEGATIVE_ZERO.matcher(text).find();
  }

  /** What protobuf reads, null if it reads nothing. */
  private static @Nullable Everything read(String text) {
    Everything.Builder builder = Everything.newBuilder();
    try {
      PARSER.merge(text, builder);
      return builder.build();
    } catch (InvalidProtocolBufferException malformed) {
      return null;
    }
  }

  /** The text with a character less, more, or another. */
  private String damaged(String text) {
    StringBuilder changed = new StringBuilder(text);
    int at = random.nextInt(text.length());
    char other = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
    switch (random.nextInt(3)) {
      case 0 -> changed.deleteCharAt(at);
      case 1 -> changed.insert(at, other);
      default -> changed.setCharAt(at, other);
    }
    // Through UTF-8, in which half a surrogate pair is a question mark.
    return new String(changed.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
