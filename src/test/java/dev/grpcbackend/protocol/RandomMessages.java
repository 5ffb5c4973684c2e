package dev.grpcbackend.protocol;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Int32Value;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.grpcbackend.testing.echo.Inner;
import java.util.Random;

/** Makes messages that have a JSON form, some of whose fields have values, often those at an edge. */
final class RandomMessages {

  private static final int MAX_DEPTH = 4;
  private static final int[] EDGES = {0, 1, -1, 127, Integer.MAX_VALUE, Integer.MIN_VALUE};
  private static final long[] LONG_EDGES = {0, 1, -1, 1L << 53, Long.MAX_VALUE, Long.MIN_VALUE};
  private static final double[] DOUBLE_EDGES = {
    0.0, -0.0, 1.5, 1e300, Double.MIN_VALUE, Double.MAX_VALUE, 0.1
  };
  private static final String[] TEXTS = {
    "",
    "Ada",
    "é",
    "不行",
    "😀",
    "\"\\/\b\f\n\r\t",
    "\0\u001f\u007f\u2028",
    "<a href='x'>&amp;",
    "@type"
  };

  private final Random random;

  RandomMessages(Random random) {
    this.random = random;
  }

  /** Returns a message of the type of {@code empty}. */
  Message of(Message empty) {
    return message(empty.newBuilderForType(), 0);
  }

  private Message message(Message.Builder builder, int depth) {
    return switch (builder.getDescriptorForType().getFullName()) {
      case "google.protobuf.Timestamp" -> timestamp();
      case "google.protobuf.Duration" -> duration();
      case "google.protobuf.FieldMask" ->
        FieldMask.newBuilder().addPaths("text").addPaths("inner.some_label").build();
      case "google.protobuf.Value" -> value(depth);
      case "google.protobuf.ListValue" -> list(depth);
      case "google.protobuf.Struct" -> struct(depth);
      case "google.protobuf.Any" -> any(depth);
      default -> {
        for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
          if (random.nextInt(4) == 0) {
            fill(field, builder, depth);
          }
        }
        yield builder.build();
      }
    };
  }

  private void fill(FieldDescriptor field, Message.Builder builder, int depth) {
    boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    if (isMessage && depth == MAX_DEPTH) {
      return;
    }
    if (field.isMapField()) {
      // A key once: a later entry would take the place of the earlier.
      Message.Builder entry = builder.newBuilderForField(field);
      for (FieldDescriptor part : entry.getDescriptorForType().getFields()) {
        entry.setField(part, one(part, entry, depth));
      }
      builder.addRepeatedField(field, entry.build());
    } else if (field.isRepeated()) {
      for (int count = random.nextInt(3); count > 0; count--) {
        builder.addRepeatedField(field, one(field, builder, depth));
      }
    } else {
      builder.setField(field, one(field, builder, depth));
    }
  }

  private Object one(FieldDescriptor field, Message.Builder parent, int depth) {
    return switch (field.getJavaType()) {
      case INT -> random.nextBoolean() ? pick(EDGES) : random.nextInt();
      case LONG -> random.nextBoolean() ? pick(LONG_EDGES) : random.nextLong();
      case FLOAT -> random.nextInt(4) == 0 ? special() : Float.intBitsToFloat(random.nextInt());
      case DOUBLE -> random.nextInt(4) == 0 ? (double) special() : finite();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> text();
      case BYTE_STRING -> bytes();
      case ENUM -> {
        int[] numbers = {0, 1, 2, 77, -1};
        boolean isNull = field.getEnumType().getValues().size() == 1;
        yield field.getEnumType().findValueByNumberCreatingIfUnknown(isNull ? 0 : pick(numbers));
      }
      case MESSAGE -> message(parent.newBuilderForField(field), depth + 1);
    };
  }

  private Timestamp timestamp() {
    long seconds = random.nextInt(3) == 0
        ? random.nextBoolean()
            ? Timestamps.MIN_VALUE.getSeconds()
            : Timestamps.MAX_VALUE.getSeconds()
        : random.nextInt();
    return Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos()).build();
  }

  private Duration duration() {
    long seconds =
        random.nextInt(3) == 0 ? Durations.MAX_VALUE.getSeconds() - 1 : random.nextInt(9);
    int sign = random.nextBoolean() ? 1 : -1;
    return Duration.newBuilder()
        .setSeconds(sign * seconds)
        .setNanos(sign * nanos())
        .build();
  }

  private int nanos() {
    int[] edges = {0, 1, 999_999_999, 500_000_000, 1_000, 20_000_000};
    return random.nextBoolean() ? pick(edges) : random.nextInt(1_000_000_000);
  }

  private Value value(int depth) {
    Value.Builder value = Value.newBuilder();
    return switch (random.nextInt(depth < MAX_DEPTH ? 6 : 4)) {
      case 0 -> value.setNullValueValue(0).build();
      case 1 -> value.setBoolValue(random.nextBoolean()).build();
      case 2 -> value.setNumberValue(finite()).build();
      case 3 -> value.setStringValue(text()).build();
      case 4 -> value.setListValue(list(depth + 1)).build();
      default -> value.setStructValue(struct(depth + 1)).build();
    };
  }

  private ListValue list(int depth) {
    ListValue.Builder list = ListValue.newBuilder();
    for (int count = random.nextInt(3); count > 0; count--) {
      list.addValues(value(depth + 1));
    }
    return list.build();
  }

  private Struct struct(int depth) {
    Struct.Builder struct = Struct.newBuilder();
    for (int count = random.nextInt(3); count > 0; count--) {
      struct.putFields(text(), value(depth + 1));
    }
    return struct.build();
  }

  private Any any(int depth) {
    return switch (random.nextInt(5)) {
      case 0 -> Any.getDefaultInstance();
      case 1 -> Any.pack(timestamp());
      case 2 -> Any.pack(Int32Value.of(random.nextInt()));
      case 3 -> Any.pack(struct(depth + 1));
      default -> Any.pack(message(Inner.newBuilder(), depth + 1));
    };
  }

  private float special() {
    float[] numbers = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0.0f};
    return numbers[random.nextInt(numbers.length)];
  }

  private double finite() {
    return random.nextBoolean()
        ? DOUBLE_EDGES[random.nextInt(DOUBLE_EDGES.length)]
        : (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(40) - 20);
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private ByteString bytes() {
    byte[] bytes = new byte[random.nextInt(6)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private int pick(int... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }

  private long pick(long... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }
}
