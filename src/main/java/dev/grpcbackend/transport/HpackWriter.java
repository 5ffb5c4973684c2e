package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Header blocks of one connection in the direction of the client (RFC 7541). The fields of blocks
 * that serve many responses enter the dynamic table when they are first sent, after which such a
 * block is a few bytes, copied; all others are literals. Nothing is ever evicted: what no longer
 * fits stays a literal.
 */
final class HpackWriter {

  /** In the place of a status: the block is no head but trailers. */
  static final int TRAILERS = -1;

  /** RFC 7541, section 4.2 and RFC 9113, section 6.5.2: the table that a peer keeps unless it says otherwise. */
  static final int USUAL_TABLE_BYTES = 4096;

  private static final int FIELD_OVERHEAD_BYTES = 32;
  private static final int STATIC_ENTRIES = 61;
  private static final int MAX_REMEMBERED = 16;
  private static final int NOT_YET = -1;

  private static final int INDEXED = 0x80;
  private static final int LITERAL_ADDED = 0x40;
  private static final int LITERAL = 0x00;
  private static final int TABLE_SIZE = 0x20;

  private static final int STATUS_NAME = 8;
  private static final AsciiString STATUS = AsciiString.cached(":status");

  /** RFC 7541, appendix A: the names that responses have. */
  private static final Map<AsciiString, Integer> STATIC_NAMES = Map.of(
      AsciiString.cached("access-control-allow-origin"), 20,
      AsciiString.cached("allow"), 22,
      AsciiString.cached("cache-control"), 24,
      AsciiString.cached("content-encoding"), 26,
      AsciiString.cached("content-length"), 28,
      AsciiString.cached("content-type"), 31,
      AsciiString.cached("vary"), 59,
      AsciiString.cached("www-authenticate"), 61);

  private final List<AsciiString> table = new ArrayList<>();
  private final List<Remembered> remembered = new ArrayList<>();
  private int tableBytes;
  private int maxTableBytes = USUAL_TABLE_BYTES;
  private boolean announceEmptyTable;

  /** A block in its short form, good as long as the table has not grown. */
  private static final class Remembered {

    final HeaderBlock block;
    final int status;
    final int entries;
    final byte[] bytes;

    Remembered(HeaderBlock block, int status, int entries, byte[] bytes) {
      this.block = block;
      this.status = status;
      this.entries = entries;
      this.bytes = bytes;
    }
  }

  /** Sets how large a table the client keeps. A smaller one than usual is not used at all. */
  void maxTableBytes(long bytes) {
    if (bytes < maxTableBytes) {
      maxTableBytes = 0;
      announceEmptyTable = true;
      table.clear();
      remembered.clear();
    }
  }

  /** Appends the block, after {@code :status} unless it is {@link #TRAILERS}. */
  void write(int status, HeaderBlock block, ByteBuf out) {
    if (announceEmptyTable) {
      announceEmptyTable = false;
      out.writeByte(TABLE_SIZE);
    }
    if (!block.isLasting() || maxTableBytes == 0) {
      encode(status, block, out, false);
      return;
    }
    for (int i = 0; i < remembered.size(); i++) {
      Remembered known = remembered.get(i);
      if (known.block == block && known.status == status) {
        if (known.entries == entries()) {
          out.writeBytes(known.bytes);
        } else {
          remembered.set(i, remember(status, block, out));
        }
        return;
      }
    }
    if (remembered.size() < MAX_REMEMBERED) {
      encode(status, block, out, true);
      remembered.add(new Remembered(block, status, NOT_YET, new byte[0]));
    } else {
      encode(status, block, out, false);
    }
  }

  private Remembered remember(int status, HeaderBlock block, ByteBuf out) {
    int start = out.writerIndex();
    encode(status, block, out, false);
    byte[] bytes = new byte[out.writerIndex() - start];
    out.getBytes(start, bytes);
    return new Remembered(block, status, entries(), bytes);
  }

  private int entries() {
    return table.size() / 2;
  }

  private void encode(int status, HeaderBlock block, ByteBuf out, boolean add) {
    if (status != TRAILERS) {
      status(status, out, add);
    }
    AsciiString[] fields = block.fields();
    for (int i = 0; i < fields.length; i += 2) {
      field(fields[i], fields[i + 1], STATIC_NAMES.getOrDefault(fields[i], 0), out, add);
    }
  }

  private void status(int status, ByteBuf out, boolean add) {
    int index = switch (status) {
      case 200 -> 8;
      case 204 -> 9;
      case 206 -> 10;
      case 304 -> 11;
      case 400 -> 12;
      case 404 -> 13;
      case 500 -> 14;
      default -> 0;
    };
    if (index > 0) {
      out.writeByte(INDEXED | index);
    } else {
      field(STATUS, AsciiString.of(Integer.toString(status)), STATUS_NAME, out, add);
    }
  }

  private void field(AsciiString name, AsciiString value, int nameIndex, ByteBuf out, boolean add) {
    int index = find(name, value);
    if (index > 0) {
      integer(INDEXED, 7, index, out);
      return;
    }
    int bytes = name.length() + value.length() + FIELD_OVERHEAD_BYTES;
    boolean added = add && tableBytes + bytes <= maxTableBytes;
    if (added) {
      tableBytes += bytes;
      table.add(name);
      table.add(value);
      integer(LITERAL_ADDED, 6, nameIndex, out);
    } else {
      integer(LITERAL, 4, nameIndex, out);
    }
    if (nameIndex == 0) {
      text(name, out);
    }
    text(value, out);
  }

  /** Returns the index of the field in the dynamic table, whose newest entry comes first; or 0. */
  private int find(AsciiString name, AsciiString value) {
    for (int i = 0; i < table.size(); i += 2) {
      if (table.get(i).equals(name) && table.get(i + 1).equals(value)) {
        return STATIC_ENTRIES + entries() - i / 2;
      }
    }
    return 0;
  }

  private static void text(AsciiString text, ByteBuf out) {
    integer(0, 7, text.length(), out);
    out.writeBytes(text.array(), text.arrayOffset(), text.length());
  }

  /** RFC 7541, section 5.1. */
  private static void integer(int pattern, int prefixBits, int value, ByteBuf out) {
    int max = (1 << prefixBits) - 1;
    if (value < max) {
      out.writeByte(pattern | value);
      return;
    }
    out.writeByte(pattern | max);
    int rest = value - max;
    while (rest >= 0x80) {
      out.writeByte((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.writeByte(rest);
  }
}
