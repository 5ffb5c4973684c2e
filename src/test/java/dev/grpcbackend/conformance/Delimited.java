package dev.grpcbackend.conformance;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * Messages on standard input and output, each behind its size in four bytes, big-endian (the suite's
 * {@code docs/testing_servers.md}). Standard output carries nothing else: what a library prints there
 * goes to standard error.
 */
final class Delimited {

  private final DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in));
  private final DataOutputStream out =
      new DataOutputStream(new FileOutputStream(FileDescriptor.out));

  Delimited() {
    System.setOut(System.err);
  }

  /** Reads the next message; empty after the last. */
  <T extends Message> Optional<T> read(Parser<T> parser) throws IOException {
    int size;
    try {
      size = in.readInt();
    } catch (EOFException end) {
      return Optional.empty();
    }
    return Optional.of(parser.parseFrom(in.readNBytes(size)));
  }

  synchronized void write(Message message) throws IOException {
    byte[] bytes = message.toByteArray();
    out.writeInt(bytes.length);
    out.write(bytes);
    out.flush();
  }
}
