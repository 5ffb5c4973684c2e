package dev.grpcbackend.cli;

import dev.grpcbackend.options.ConfigTree;
import dev.grpcbackend.options.OptionSource;
import dev.grpcbackend.options.OptionsReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that say where options come from, and the one that shows what came of it. */
final class ConfigFlags {

  @Option(
      names = {"-c", "--config", "--conf"},
      paramLabel = "FILE",
      description =
          "Options as YAML or JSON: a file, or the text itself if it begins with a brace.")
  private @Nullable String config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "One option, as in the file: --set limits.maxInboundMessageBytes=1000.")
  private Map<String, String> set = new LinkedHashMap<>();

  @Option(
      names = "--show-config",
      description = "Prints every option with its value and where that is from, and exits.")
  private boolean show;

  /**
   * Returns the sources in the order in which later ones win: file, environment, system properties,
   * {@code --set}. The caller adds its own flags.
   *
   * @param side {@code server} or {@code client}: what the names in environment and properties have
   */
  List<OptionSource> sources(OptionsReader<?> reader, String side) {
    List<OptionSource> sources = new ArrayList<>();
    if (config != null) {
      sources.add(
          config.stripLeading().startsWith("{")
              ? ConfigTree.text("--config", config)
              : ConfigTree.file(Path.of(config)));
    }
    sources.add(OptionSource.environment(
        System.getenv(), "GRPC_" + side.toUpperCase(Locale.ROOT) + "_", reader));
    sources.add(OptionSource.properties(System.getProperties(), "grpc." + side + "."));
    sources.add(OptionSource.of("--set", new LinkedHashMap<>(set)));
    return sources;
  }

  /** Prints every option, if that was asked for; then there is nothing else to do. */
  boolean shown(OptionsReader.Result<?> read, PrintWriter out) {
    if (show) {
      print(read.settings(), out);
    }
    return show;
  }

  private static void print(List<OptionsReader.Setting> settings, PrintWriter out) {
    int keys =
        settings.stream().mapToInt(setting -> setting.key().length()).max().orElse(0);
    int values =
        settings.stream().mapToInt(setting -> setting.text().length()).max().orElse(0);
    for (OptionsReader.Setting setting : settings) {
      out.printf(
          "%-" + keys + "s  %-" + values + "s  %s%n",
          setting.key(),
          setting.text(),
          setting.origin());
    }
    out.flush();
  }
}
