package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  @Test
  void shouldReadAWholeConfiguration() throws Exception {
    AgentConfig config =
        ConfigFile.parse(
            """
            {
              "folder": "/var/tmp/agent",
              "nodes": [{"name": "a", "labels": {"pool": "h100"}, "capacity": {"nvidia.com/gpu": 8, "cpu": "64"}}],
              "images": [
                {"repository": "acme/app", "entryPoint": ["java", "-jar", "/app.jar"], "environment": {"A": ""}},
                {"repository": "sh", "entryPoint": ["/bin/sh"], "shell": true, "workingDirectory": "/tmp"}
              ],
              "volumePaths": {"/mnt/models": "/data/models"},
              "podAddresses": "127.80.0.0/16",
              "hostEnvironment": ["PATH"],
              "timing": {"backOffBase": "1s", "backOffLimit": "5m", "logLimitBytes": 1000},
              "removeNodesOnStop": false
            }
            """);
    assertThat(config.folder()).isEqualTo(Path.of("/var/tmp/agent"));
    assertThat(config.nodes().getFirst().capacity())
        .isEqualTo(Map.of("cpu", "64", "memory", "128Gi", "pods", "110", "nvidia.com/gpu", "8"));
    assertThat(config.images().getFirst().entryPoint()).containsExactly("java", "-jar", "/app.jar");
    assertThat(config.images().getFirst().shell()).isFalse();
    assertThat(config.images().getLast().workingDirectory()).isEqualTo(Path.of("/tmp"));
    assertThat(config.volumePaths()).containsEntry("/mnt/models", Path.of("/data/models"));
    assertThat(config.podAddresses()).isEqualTo("127.80.0.0/16");
    assertThat(config.hostEnvironment()).containsExactly("PATH");
    assertThat(config.timing().backOffBase()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.timing().leaseRenewal()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.timing().logLimit()).isEqualTo(1000);
    assertThat(config.removeNodesOnStop()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | folder: is missing",
        "{\"folder\": 3.5, \"nodes\": {}} | nodes: must be a list",
        "{\"folder\": \"/t\", \"node\": []} | node: unknown field",
        "{\"folder\": [1]} | folder: must be a string",
        "{\"folder\": \"/t\", \"nodes\": [{}]} | nodes[0].name: is missing",
        "{\"folder\": \"/t\", \"nodes\": [{\"name\": \"A_b\"}]} | nodes[0].name: \"A_b\" is no node name",
        "{\"folder\": \"/t\", \"nodes\": [{\"name\": \"a\"}, {\"name\": \"a\"}]} | nodes: two nodes are named",
        "{\"folder\": \"/t\", \"nodes\": [{\"name\": \"a\", \"capacity\": {\"cpu\": \"lots\"}}]} | nodes[0].capacity.cpu: \"lots\" is no quantity",
        "{\"folder\": \"/t\", \"nodes\": [{\"name\": \"a\", \"capacity\": {\"nvidia.com/gpu\": -8}}]} | nodes[0].capacity.nvidia.com/gpu: must not be negative",
        "{\"folder\": \"/t\", \"images\": [{\"repository\": \"r\"}]} | images[0].entryPoint: name the program",
        "{\"folder\": \"/t\", \"images\": [{\"repository\": \"r\", \"entryPoint\": [1]}]} | images[0].entryPoint: must be a list of strings",
        "{\"folder\": \"/t\", \"images\": [{\"entryPoint\": [\"x\"]}]} | images[0].repository: is missing",
        "{\"folder\": \"/t\", \"podAddresses\": \"10.0.0.0/8\"} | podAddresses: \"10.0.0.0/8\" is no loopback network",
        "{\"folder\": \"/t\", \"hostEnvironment\": [\"AWS_SECRET\"]} | hostEnvironment: \"AWS_SECRET\" cannot be inherited",
        "{\"folder\": \"/t\", \"timing\": {\"backOffBase\": \"soon\"}} | timing.backOffBase: \"soon\" is no duration",
        "{\"folder\": \"/t\", \"timing\": {\"stopGrace\": \"0s\"}} | timing.stopGrace: must be longer",
        "{\"folder\": \"/t\", \"timing\": {\"logLimitBytes\": -1}} | timing.logLimitBytes: must be a positive",
        "{\"folder\": \"/t\", \"removeNodesOnStop\": \"yes\"} | removeNodesOnStop: must be true or false",
        "{\"folder\" | line 1: not JSON",
      })
  void shouldNameTheFieldThatIsWrong(String json, String message) {
    assertThatThrownBy(() -> ConfigFile.parse(json))
        .isInstanceOf(ConfigFile.InvalidConfig.class)
        .hasMessageStartingWith(message);
  }
}
