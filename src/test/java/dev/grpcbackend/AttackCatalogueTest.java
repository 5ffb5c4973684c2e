package dev.grpcbackend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/attacks.md names as proof exists. */
class AttackCatalogueTest {

  private static final Pattern PROOF = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");
  private static final Pattern SCENARIO = Pattern.compile("`src/reliability/run (\\w+)`");

  private static String catalogue() throws IOException {
    return Files.readString(Path.of("docs/attacks.md"));
  }

  @Test
  void eachTestThatIsNamedExists() throws Exception {
    Map<String, Path> sources;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      sources = files
          .filter(file -> file.toString().endsWith(".java"))
          .collect(Collectors.toMap(
              file -> file.getFileName().toString(), Function.identity(), (one, other) -> one));
    }
    List<String> missing = PROOF
        .matcher(catalogue())
        .results()
        .filter(named -> {
          Path source = sources.get(named.group(1) + ".java");
          return source == null || !has(source, named.group(2));
        })
        .map(named -> named.group())
        .toList();
    assertThat(missing).isEmpty();
  }

  private static boolean has(Path source, String method) {
    try {
      return Files.readString(source).contains("void " + method + "(");
    } catch (IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
  }

  @Test
  void eachScenarioThatIsNamedExists() throws Exception {
    List<String> named =
        SCENARIO.matcher(catalogue()).results().map(found -> found.group(1)).toList();
    assertThat(named).isNotEmpty();
    assertThat(named).allMatch(name -> Files.exists(Path.of("src/reliability", name)));
  }

  @Test
  void eachRowHasAProof() throws Exception {
    List<String> rows = catalogue()
        .lines()
        .filter(line -> line.startsWith("| ") && !line.startsWith("| attack |"))
        .filter(line -> !line.startsWith("| fault |"))
        .toList();
    assertThat(rows).hasSizeGreaterThan(45);
    assertThat(rows)
        .allMatch(row -> PROOF.matcher(row).find() || SCENARIO.matcher(row).find());
  }
}
