package dev.grpcbackend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the house that no compiler checks. */
class SourceStyleTest {

  private static final Path MAIN = Path.of("src", "main", "java");
  private static final Path TEST = Path.of("src", "test", "java");

  private static final int MAX_LINES = 400;
  private static final String PACKAGE_INFO = "package-info.java";

  private static final Pattern FORBIDDEN_NAME =
      Pattern.compile("(Abstract|Default)[A-Z].*|.*(Impl|Manager|Helper|Utils?|Base|Data|Info)");

  private static final Pattern TOP_LEVEL_TYPE = Pattern.compile(
      "^(?:(?:public|final|abstract|sealed|non-sealed) )*(?:class|interface|record|enum) (\\w+)",
      Pattern.MULTILINE);

  private static final Pattern CONSOLE = Pattern.compile("System\\.(out|err)\\b");

  @Test
  void filesAreShort() {
    assertThat(offenders(both(), file -> {
          long lines = text(file).lines().count();
          return lines > MAX_LINES ? lines + " lines (expected: <= " + MAX_LINES + ")" : "";
        }))
        .isEmpty();
  }

  @Test
  void namesAreNouns() {
    assertThat(offenders(both(), file -> {
          String name = file.getFileName().toString().replace(".java", "");
          return !name.equals("package-info") && FORBIDDEN_NAME.matcher(name).matches()
              ? "forbidden name"
              : "";
        }))
        .isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIsAndIsNullMarked() {
    assertThat(offenders(both(), file -> {
          Path beside = file.resolveSibling(PACKAGE_INFO);
          Path inMain = beside.startsWith(TEST) ? MAIN.resolve(TEST.relativize(beside)) : beside;
          Path info = Files.exists(inMain) ? inMain : beside;
          if (!Files.exists(info)) {
            return "package without " + PACKAGE_INFO;
          }
          String text = text(info);
          return text.contains("/**") && text.contains("@NullMarked")
              ? ""
              : info + " without text or @NullMarked";
        }))
        .isEmpty();
  }

  @Test
  void everyTopLevelTypeIsDescribed() {
    assertThat(offenders(files(MAIN), file -> {
          String text = text(file);
          Matcher type = TOP_LEVEL_TYPE.matcher(text);
          while (type.find()) {
            int comment = text.lastIndexOf("*/", type.start());
            // Only annotations may stand between a type and its description.
            if (comment < 0 || text.substring(comment, type.start()).matches("(?s).*[;}]\n.*")) {
              return type.group(1) + " without Javadoc";
            }
          }
          return "";
        }))
        .isEmpty();
  }

  @Test
  void onlyTheCommandLineWritesToTheConsole() {
    assertThat(offenders(
            files(MAIN).stream()
                .filter(file -> !file.toString().contains("grpcbackend/cli/"))
                .toList(),
            file -> CONSOLE.matcher(text(file)).find() ? "writes to the console" : ""))
        .isEmpty();
  }

  /** Says what is wrong with a file; empty if nothing is. */
  private interface Rule {
    String complaint(Path file);
  }

  private static List<String> offenders(List<Path> files, Rule rule) {
    assertThat(files).isNotEmpty();
    List<String> complaints = new ArrayList<>();
    for (Path file : files) {
      String complaint = rule.complaint(file);
      if (!complaint.isEmpty()) {
        complaints.add(file + ": " + complaint);
      }
    }
    return complaints;
  }

  private static List<Path> both() {
    return Stream.concat(files(MAIN).stream(), files(TEST).stream()).toList();
  }

  private static List<Path> files(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
