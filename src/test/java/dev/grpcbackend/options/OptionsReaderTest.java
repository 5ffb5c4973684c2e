package dev.grpcbackend.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.grpcbackend.server.ServerOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsReaderTest {

  private final OptionsReader<ServerOptions> reader = new OptionsReader<>(ServerOptions.DEFAULTS);

  @Test
  void givesTheDefaultsWithoutSources() {
    assertThat(reader.read(List.of()).options()).isEqualTo(ServerOptions.DEFAULTS);
  }

  @Test
  void laterSourcesWinAndEachSettingKnowsWhereItIsFrom() {
    var result = reader.read(List.of(
        ConfigTree.text("a.yaml", "port: 1\nlimits:\n  maxDeadline: 90s\n  maxMetadataBytes: 1000"),
        OptionSource.environment(
            Map.of("GRPC_SERVER_LIMITS_MAX_METADATA_BYTES", "2000", "OTHER", "x"),
            "GRPC_SERVER_",
            reader),
        OptionSource.properties(Map.of("grpc.server.port", "2", "x", "y"), "grpc.server."),
        OptionSource.of("--set", Map.of("services.classes", "a.B, c.D"))));

    assertThat(result.options().port()).isEqualTo(2);
    assertThat(result.options().limits().maxMetadataBytes()).isEqualTo(2000);
    assertThat(result.options().limits().maxDeadline()).isEqualTo(Duration.ofSeconds(90));
    assertThat(result.options().services().classes()).containsExactly("a.B", "c.D");
    assertThat(result.settings())
        .contains(
            new OptionsReader.Setting("port", 2, "system property"),
            new OptionsReader.Setting("limits.maxMetadataBytes", 2000, "environment"),
            new OptionsReader.Setting("limits.maxDeadline", Duration.ofSeconds(90), "a.yaml"),
            new OptionsReader.Setting("host", "0.0.0.0", "default"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prot: 1|f.yaml: prot: unknown key (nearest: port)",
        "limits: {maxMetaBytes: 1}|f.yaml: limits.maxMetaBytes: unknown key (nearest: limits.maxMetadataBytes)",
        "port: 1.5|f.yaml: port: 1.5 (expected: a whole number)",
        "port: 70000|f.yaml: port: 70000 (expected: 0 to 65535)",
        "limits: {maxInboundMessageBytes: 0}|f.yaml: limits.maxInboundMessageBytes: 0 (expected: > 0)",
        "drain: {timeout: 30}|f.yaml: drain.timeout: 30 (expected: a duration such as 1.5s or 250ms)",
        "services: {health: 1}|f.yaml: services.health: 1 (expected: true or false)",
        "tls: {clientAuth: always}|f.yaml: tls.clientAuth: always (expected: one of none, request, require)",
        "port: |f.yaml: port: no value (expected: one)",
        "just text|f.yaml: just text (expected: keys and values)",
      })
  void saysWhatIsWrongWhereAndWhatWasExpected(String yaml, String message) {
    assertThatThrownBy(() -> reader.read(List.of(ConfigTree.text("f.yaml", yaml))))
        .isInstanceOf(OptionsException.class)
        .hasMessage(message);
  }

  @Test
  void showsNoPasswords() {
    var settings = reader
        .read(List.of(OptionSource.of("--set", Map.of("tls.password", "open"))))
        .settings();

    assertThat(settings)
        .filteredOn(setting -> setting.key().endsWith("assword"))
        .extracting(OptionsReader.Setting::key, OptionsReader.Setting::text)
        .containsExactly(tuple("tls.password", "****"), tuple("tls.trustPassword", "\"\""));
  }

  @Test
  void namesTheLineOfMalformedYaml() {
    assertThatThrownBy(() -> ConfigTree.text("f.yaml", "port: 1\nhost: [a"))
        .isInstanceOf(OptionsException.class)
        .hasMessageStartingWith("f.yaml line 2: ");
  }

  @Test
  void refusesUnknownVariablesAndNamesTheNearest() {
    OptionSource source =
        OptionSource.environment(Map.of("GRPC_SERVER_PROT", "1"), "GRPC_SERVER_", reader);
    assertThatThrownBy(() -> reader.read(List.of(source)))
        .hasMessageContaining("GRPC_SERVER_PROT: unknown key (nearest: GRPC_SERVER_PORT)");
  }

  @Test
  void namesAFileThatIsNotThere(@TempDir Path folder) {
    Path missing = folder.resolve("none.yaml");
    assertThatThrownBy(() -> ConfigTree.file(missing)).hasMessage(missing + ": no such file");
  }

  @Test
  void theShippedFileShowsEveryKeyWithItsDefault() throws Exception {
    Path shipped = Path.of("conf/server.yaml");
    OptionSource file = ConfigTree.file(shipped);
    assertThat(file.values().keySet()).containsExactlyElementsOf(reader.keys());
    assertThat(reader.read(List.of(file)).options()).isEqualTo(ServerOptions.DEFAULTS);
    assertThat(Files.readString(shipped)).contains("# ");
  }
}
