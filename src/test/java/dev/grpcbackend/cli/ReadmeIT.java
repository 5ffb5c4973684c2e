package dev.grpcbackend.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.grpcbackend.testing.Program;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Does what the README says, command by command, in a copy of the project that was never built. */
@Timeout(900)
class ReadmeIT {

  private static final Pattern BLOCK = Pattern.compile("```(\\w+)\\n(.*?)```", Pattern.DOTALL);
  private static final Set<String> NOT_COPIED = Set.of("target", ".git", "node_modules");

  private record Block(String language, String text) {}

  @Test
  void everyCommandDoesWhatItSays(@TempDir Path copy) throws Exception {
    copyProject(Program.root(), copy);
    String readme = Files.readString(copy.resolve("README.md"))
        .replace("bin/grpc_server\n", "bin/grpc_server --port 8080\n")
        .replace("bin/grpc_client\n", "bin/grpc_client world localhost:8080\n")
        .replace("8080", "" + Program.freePort())
        .replace("8081", "" + Program.freePort())
        .replace("8082", "" + Program.freePort())
        .replace("8083", "" + Program.freePort())
        .replace("8084", "" + Program.freePort())
        .replace("8085", "" + Program.freePort());
    List<Program> servers = new ArrayList<>();
    String printed = "";
    int commands = 0;
    try {
      for (Block block : blocks(readme)) {
        if (block.language.equals("sh") && block.text.startsWith("bin/grpc_server")) {
          Program server = shell(copy, block.text);
          servers.add(server);
          server.awaitLine("ready in");
          commands++;
        } else if (block.language.equals("sh")) {
          try (Program command = shell(copy, block.text)) {
            int exit = command.awaitExit();
            printed = command.output();
            // A failed call says so; nothing else may fail.
            assertThat(exit == 0 || printed.startsWith("ERROR:")).as(printed).isTrue();
          }
          commands++;
        } else if (block.language.equals("text")) {
          assertThat(printed.strip()).isEqualTo(block.text.strip());
        } else if (block.language.equals("log")) {
          assertThat(withoutNumbers(printed)).isEqualTo(withoutNumbers(block.text));
        } else if (block.language.equals("proto")) {
          assertSameDefinitions(
              block.text, copy.resolve("src/tutorial/proto/shop/v1/orders.proto"));
        }
      }
    } finally {
      servers.forEach(Program::close);
    }
    assertThat(commands).isGreaterThan(7);
  }

  private static String withoutNumbers(String line) {
    return line.strip().replaceAll("_id=[0-9a-f]+", "_id=#").replaceAll("\\d+", "#");
  }

  private static Program shell(Path folder, String text) {
    return Program.start(folder, Map.of(), List.of("sh", "-ec", text));
  }

  /** The README leaves comments and Java's options out. */
  private static void assertSameDefinitions(String shown, Path file) throws IOException {
    List<String> lines = Files.readAllLines(file).stream()
        .filter(line -> !line.strip().startsWith("//") && !line.startsWith("option "))
        .filter(line -> !line.isBlank())
        .toList();
    assertThat(shown.lines().filter(line -> !line.isBlank()).toList()).isEqualTo(lines);
  }

  private static List<Block> blocks(String readme) {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(readme);
    while (matcher.find()) {
      blocks.add(new Block(matcher.group(1), matcher.group(2)));
    }
    return blocks;
  }

  private static void copyProject(Path from, Path to) throws IOException {
    Files.walkFileTree(from, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
          throws IOException {
        if (NOT_COPIED.contains(folder.getFileName().toString())) {
          return FileVisitResult.SKIP_SUBTREE;
        }
        Files.createDirectories(to.resolve(from.relativize(folder)));
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
          throws IOException {
        Files.copy(
            file,
            to.resolve(from.relativize(file)),
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        return FileVisitResult.CONTINUE;
      }
    });
  }
}
