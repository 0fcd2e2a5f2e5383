package dev.comptroller.e2e.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("integration")
class LocalFleetTest {
  private static final String SYSTEM = Installation.NAMESPACE;

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
  void shouldKeepWhatTheGatewayKeepsWhenItsPodIsReplaced() throws Exception {
    LocalFleet fleet = SharedFleet.seeded();
    Kubectl kubectl = fleet.kubectl();
    JsonNode claim = kubectl.json("get", "pvc", "comptroller-gateway", "-n", SYSTEM);
    assertThat(claim.path("status").path("phase").asText()).isEqualTo("Bound");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> uploaded =
          client.send(
              HttpRequest.newBuilder(fleet.gateway().resolve("/v1/files"))
                  .header("content-type", "multipart/form-data; boundary=between")
                  .POST(BodyPublishers.ofString(UPLOAD.replace("\n", "\r\n")))
                  .build(),
              BodyHandlers.ofString());
      assertThat(uploaded.statusCode()).as(uploaded.body()).isEqualTo(200);
      String id = new ObjectMapper().readTree(uploaded.body()).path("id").asText();

      kubectl.run("delete", "pods", "-n", SYSTEM, "-l", "app.kubernetes.io/component=gateway");
      kubectl.run(
          "rollout", "status", "deployment/comptroller-gateway", "-n", SYSTEM, "--timeout=60s");

      HttpResponse<String> kept =
          client.send(
              HttpRequest.newBuilder(fleet.gateway().resolve("/v1/files/" + id)).build(),
              BodyHandlers.ofString());
      assertThat(kept.statusCode()).as(kept.body()).isEqualTo(200);
    }
  }

  private static final String UPLOAD =
      """
      --between
      Content-Disposition: form-data; name="purpose"

      batch
      --between
      Content-Disposition: form-data; name="file"; filename="in.jsonl"

      {"custom_id": "a"}
      --between--
      """;

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
