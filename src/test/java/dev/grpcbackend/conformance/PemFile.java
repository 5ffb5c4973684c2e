package dev.grpcbackend.conformance;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The suite hands over certificates and keys as bytes, our options name files. */
final class PemFile {

  private PemFile() {}

  /** Returns the name of a file with this text, which is gone when the program is. */
  static String of(ByteString pem) {
    try {
      Path file = Files.createTempFile("conformance", ".pem");
      file.toFile().deleteOnExit();
      return Files.write(file, pem.toByteArray()).toString();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
