package dev.grpcbackend.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FileSchemaTest {

  @Test
  void bringsTheImportsThatEveryoneHas() {
    FileSchema schema = FileSchema.ofProtos(
        List.of(Path.of("helloworld/greeter.proto")), List.of(Path.of("proto")));
    assertThat(schema.services()).contains("helloworld.Greeter");
    assertThat(schema.filesOfSymbol("helloworld.Greeter"))
        .map(FileDescriptorProto::getName)
        .contains("google/api/annotations.proto", "google/api/http.proto");
  }

  @Test
  void prefersTheImportsOfTheUser(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("google/rpc"));
    Files.writeString(
        folder.resolve("google/rpc/status.proto"),
        "syntax = \"proto3\"; package google.rpc; message Own {}");
    Files.writeString(
        folder.resolve("a.proto"),
        "syntax = \"proto3\"; import \"google/rpc/status.proto\"; service S { "
            + "rpc M(google.rpc.Own) returns (google.rpc.Own); }");
    FileSchema schema = FileSchema.ofProtos(List.of(Path.of("a.proto")), List.of(folder));
    assertThat(schema.services()).containsExactly("S");
  }

  @Test
  void namesAnImportThatNobodyHas(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("a.proto"), "syntax = \"proto3\"; import \"google/no/such.proto\";");
    assertThatThrownBy(() -> FileSchema.ofProtos(List.of(Path.of("a.proto")), List.of(folder)))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("google/no/such.proto");
  }
}
