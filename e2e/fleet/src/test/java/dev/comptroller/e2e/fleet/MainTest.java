package dev.comptroller.e2e.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("integration")
class MainTest {

  @Test
  void shouldNameTheFileThatCannotBeRead() {
    Command.Result result = program("up", "--kubeconfig", "/no/such/file");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.output()).contains("--kubeconfig: cannot read /no/such/file");
    assertThat(program("up", "--values", "/no/such/values").output())
        .contains("--values: cannot read /no/such/values");
  }

  @Test
  void shouldNameAnUnknownOption() {
    Command.Result result = program("demo", "--ofline");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.output()).contains("--ofline");
  }

  @Test
  void shouldInstallIntoAClusterThatIsThere() {
    LocalFleet fleet = SharedFleet.seeded();
    Command.Result result = program("up", "--kubeconfig", fleet.kubectl().kubeconfig().toString());
    assertThat(result.output()).contains("installed in the namespace comptroller-system");
    assertThat(result.status()).isZero();
  }

  private static Command.Result program(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.comptroller.e2e.fleet.Main"));
    words.addAll(List.of(arguments));
    return new Command(words, Map.of(), "").run();
  }
}
