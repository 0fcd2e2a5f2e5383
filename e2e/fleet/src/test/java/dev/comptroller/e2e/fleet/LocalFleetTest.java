package dev.comptroller.e2e.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("integration")
class LocalFleetTest {
  @Test
  void shouldShowTheModelsInAnyNamespaceItMakes() {
    LocalFleet fleet = SharedFleet.seeded();
    fleet.createNamespace("other-team");
    fleet
        .kubectl()
        .run(
            "wait",
            "pvc/models",
            "-n",
            "other-team",
            "--for=jsonpath={.status.phase}=Bound",
            "--timeout=20s");
    assertThat(fleet.models().folder().resolve("seeded-tiny.gguf")).exists();
  }

  @Test
  void shouldDeclareTwoNodesOfEightGpus() {
    JsonNode nodes =
        SharedFleet.seeded().kubectl().json("get", "nodes", "-l", "comptroller.dev/pool=h100");
    assertThat(nodes.path("items")).hasSize(2);
    for (JsonNode node : nodes.path("items")) {
      assertThat(node.path("status").path("capacity").path("nvidia.com/gpu").asText())
          .isEqualTo("8");
    }
  }

  @Test
  void shouldSayWhichValueOfTheChartIsWrong() {
    LocalFleet fleet = SharedFleet.seeded();
    assertThatThrownBy(() -> fleet.installation().upgrade(List.of(), List.of("noSuchValue=1")))
        .isInstanceOf(FleetException.class)
        .hasMessageContainingAll("helm could not install the chart", "noSuchValue");
  }
}
