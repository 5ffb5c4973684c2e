package dev.grpcbackend.transport;

import io.netty.util.AsciiString;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * Header fields to be sent, in order: lower-case names, and values that are legal in HTTP. Immutable,
 * so that one block serves all responses that are alike; a transport sends it without looking inside.
 */
public final class HeaderBlock {

  public static final HeaderBlock EMPTY = new HeaderBlock(new AsciiString[0], false);

  private final AsciiString[] fields;
  private final boolean lasting;

  private HeaderBlock(AsciiString[] fields, boolean lasting) {
    this.fields = fields;
    this.lasting = lasting;
  }

  /** Returns the block of one field. */
  public static HeaderBlock of(CharSequence name, CharSequence value) {
    return new Builder().add(name, value).build();
  }

  /**
   * Returns a block with the same fields that is one of a few which serve very many responses: a
   * connection may remember it.
   */
  public HeaderBlock lasting() {
    return new HeaderBlock(fields, true);
  }

  boolean isLasting() {
    return lasting;
  }

  /** Calls {@code action} with each name and value. */
  public void forEach(BiConsumer<CharSequence, CharSequence> action) {
    for (int i = 0; i < fields.length; i += 2) {
      action.accept(fields[i], fields[i + 1]);
    }
  }

  /** Returns names and values in turn; not to be changed. */
  AsciiString[] fields() {
    return fields;
  }

  /** Collects the fields of a block. */
  public static final class Builder {

    private AsciiString[] fields = new AsciiString[8];
    private int used;

    public Builder add(CharSequence name, CharSequence value) {
      if (used == fields.length) {
        fields = Arrays.copyOf(fields, used * 2);
      }
      fields[used++] = AsciiString.of(name);
      fields[used++] = AsciiString.of(value);
      return this;
    }

    public Builder addAll(HeaderBlock block) {
      block.forEach(this::add);
      return this;
    }

    public HeaderBlock build() {
      return new HeaderBlock(Arrays.copyOf(fields, used), false);
    }
  }
}
