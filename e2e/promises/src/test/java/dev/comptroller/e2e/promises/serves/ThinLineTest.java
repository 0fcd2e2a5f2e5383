package dev.comptroller.e2e.promises.serves;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.fleet.Traffic.Answer;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// `kubectl apply -f samples/`, an OpenAI client, and `kubectl get` tells what tokens cost.
@Tag("integration")
class ThinLineTest {
  private static final String QUESTION = "What is the capital of France? Answer in one sentence.";

  @Test
  void shouldServeTheSamplesAndTellTheirCost() {
    LocalFleet fleet = SharedFleet.real();
    Kubectl kubectl = fleet.kubectl();
    kubectl.run("apply", "-f", fleet.repository().root().resolve("samples").toString());
    kubectl.run(
        "-n", "demo", "wait", "--for=condition=Ready", "modeldeployment/smollm2", "--timeout=180s");
    try (Traffic traffic = new Traffic(fleet.gateway(), "smollm2")) {
      Answer whole =
          await("the gateway routes to the replica")
              .atMost(Tenant.PATIENCE)
              .ignoreExceptions()
              .until(() -> traffic.ask(QUESTION, 32), _ -> true);
      assertThat(whole.text()).isEqualTo("The capital of France is Paris.");
      assertThat(whole.finishReason()).isEqualTo("stop");
      assertThat(whole.headers()).containsEntry("x-comptroller-variant", "q4");

      Answer streamed = traffic.stream(QUESTION, 32, _ -> {});
      assertThat(streamed.text()).isEqualTo(whole.text());
      assertThat(streamed.pieces()).isGreaterThan(1);
      assertThat(streamed.completionTokens()).isEqualTo(whole.completionTokens());
      assertThat(streamed.promptTokens()).isEqualTo(whole.promptTokens());

      long tokens = tokens(List.of(whole, streamed));
      Instant end = Instant.now().plus(Duration.ofSeconds(20));
      while (Instant.now().isBefore(end)) {
        tokens += tokens(traffic.askAll(Collections.nCopies(8, "Tell me about rivers."), 64));
      }
      assertCpmIsBillOverTokens(fleet, tokens);
    } finally {
      kubectl.run("delete", "-f", fleet.repository().root().resolve("samples").toString());
    }
  }

  /// CPM in status is the bill of the replica's time over the tokens that the client counted.
  private static void assertCpmIsBillOverTokens(LocalFleet fleet, long tokens) {
    Kubectl kubectl = fleet.kubectl();
    JsonNode pod =
        kubectl
            .json("-n", "demo", "get", "pods", "-l", "comptroller.dev/deployment=smollm2")
            .path("items")
            .path(0);
    Instant scheduled =
        Instant.parse(Kubectl.condition(pod, "PodScheduled").path("lastTransitionTime").asText());
    await("CPM in status equals bill over tokens within 1 %")
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              JsonNode status =
                  kubectl.json("-n", "demo", "get", "modeldeployment", "smollm2").path("status");
              JsonNode window = status.path("cpmWindow");
              assertThat(window.path("tokens").asLong()).isEqualTo(tokens);
              double seconds =
                  Duration.between(scheduled, Instant.parse(window.path("to").asText())).toMillis()
                      / 1000.0;
              double dollars = seconds * 19.0 / 8 / 3600;
              double expected = dollars / tokens * 1e6;
              double cpm = status.path("cpm").asDouble(-1);
              System.err.printf(
                  "CPM in status $%.4f; bill $%.6f over %d tokens counted by the client = $%.4f%n",
                  cpm, dollars, tokens, expected);
              assertThat(cpm).isCloseTo(expected, within(expected * 0.01));
            });
  }

  private static long tokens(List<Answer> answers) {
    return answers.stream().mapToLong(it -> it.promptTokens() + it.completionTokens()).sum();
  }
}
