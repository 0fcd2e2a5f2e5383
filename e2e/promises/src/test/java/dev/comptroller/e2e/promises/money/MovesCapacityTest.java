package dev.comptroller.e2e.promises.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.comptroller.e2e.fleet.Background;
import dev.comptroller.e2e.fleet.Command;
import dev.comptroller.e2e.fleet.HourBudget;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.promises.fleet.Json;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A budget that runs hot takes its deployment a rung down and, once it is cool, back up: while
/// streams go on, explained with numbers that can be computed again, and billed to the
/// micro-dollar.
@Tag("integration")
class MovesCapacityTest {
  private static final String NAMESPACE = "hot";

  private final LocalFleet fleet = SharedFleet.real();

  @Test
  void shouldDropARungAndClimbBackWithoutAFailedRequestAndExplainItself(@TempDir Path folder)
      throws IOException {
    try (Tenant tenant = Tenant.create(fleet, NAMESPACE)) {
      tenant.kubectl().run("-n", NAMESPACE, "delete", "inferencebudget", "budget");
      tenant.kubectl().apply(HourBudget.manifest(NAMESPACE, Instant.now()));
      tenant
          .kubectl()
          .apply(
              fleet
                  .repository()
                  .read("samples/loop/deployment.yaml")
                  .replace("namespace: team", "namespace: " + NAMESPACE));
      awaitServing("q4", 1);
      List<String> actions = new ArrayList<>();
      JsonNode down;
      try (Background people =
          Background.start(new Traffic(fleet.gateway(), NAMESPACE + "/chat"), 3)) {
        scale(2);
        awaitServing("q2", 2);
        budget().path("activeActions").forEach(it -> actions.add(it.path("action").asText()));
        down = deployment();
        replays(folder);
        scale(1);
        awaitServing("q4", 1);
        await("nothing is in force any more")
            .atMost(Tenant.PATIENCE)
            .until(() -> budget().path("activeActions").isEmpty());
        people.stop();
        assertThat(people.failures()).isEmpty();
        assertThat(people.answers())
            .extracting(answer -> answer.headers().get("x-comptroller-variant"))
            .contains("q4", "q2");
        System.err.printf(
            "%d streams while the variant changed twice, none failed%n", people.answers().size());
      }
      assertThat(actions).containsExactly("QueueBatch", "CapOutput", "Downgrade");
      explains(down);
      tenant.kubectl().run("-n", NAMESPACE, "delete", "md", "chat");
      await("the budget's status agrees with the node agent's bill")
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () -> {
                assertThat(fleet.kubectl().json("-n", NAMESPACE, "get", "pods").path("items"))
                    .isEmpty();
                assertThat(tenant.billLines()).hasSizeGreaterThanOrEqualTo(4);
                assertThat(dollars(budget().path("spent"))).isEqualTo(tenant.billedMicros());
              });
    }
  }

  /// From and to rung, dollars before, after and saved, why nothing else, and when it ends.
  private static void explains(JsonNode deployment) {
    JsonNode downgraded = Kubectl.condition(deployment, "Downgraded");
    assertThat(downgraded.path("status").asText()).isEqualTo("True");
    assertThat(downgraded.path("message").asText())
        .contains("from q4 to q2")
        .contains("$19.00/h before, $4.75/h after, $14.25/h saved")
        .contains("without the budget 2 x q4 for $19.00/h")
        .containsPattern("until \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d");
    JsonNode decision = deployment.path("status").path("lastDecision");
    assertThat(decision.path("bindingConstraint").asText()).doesNotContain("the budget");
    assertThat(downgraded.path("message").asText())
        .contains("bound by " + decision.path("bindingConstraint").asText());
    assertThat(StreamSupport.stream(decision.path("candidates").spliterator(), false))
        .extracting(
            candidate -> candidate.path("variant").asText(),
            candidate -> candidate.path("verdict").asText().equals("chosen"))
        .containsExactlyInAnyOrder(tuple("q4", false), tuple("q2", true));
    for (JsonNode candidate : decision.path("candidates")) {
      assertThat(candidate.path("burnRate").asText()).matches("\\d+\\.\\d+");
      assertThat(candidate.path("cpm").asText()).matches("\\d+\\.\\d+");
      assertThat(candidate.path("quality").asText()).matches("\\d+");
      assertThat(candidate.path("slo").asText()).isIn("Met", "Missed", "Unknown", "NotDeclared");
      assertThat(downgraded.path("message").asText()).contains(candidate.path("verdict").asText());
    }
    JsonNode budget = decision.path("budget");
    assertThat(budget.path("fromVariant").asText()).isEqualTo("q4");
    assertThat(budget.path("burnRateWithout").asText()).isEqualTo("19.00");
    assertThat(budget.path("burnRateAfter").asText()).isEqualTo("4.75");
    assertThat(budget.path("savedPerHour").asText()).isEqualTo("14.25");
    assertThat(dollars(budget.path("saved"))).isPositive();
  }

  /// The trace of the downgrade gives the same decision again, and another one when what was seen
  /// is changed.
  private void replays(Path folder) throws IOException {
    JsonNode map =
        fleet
            .kubectl()
            .json(
                "-n", "comptroller-system", "get", "configmap", "comptroller-traces-" + NAMESPACE);
    ObjectNode trace =
        StreamSupport.stream(map.path("data").spliterator(), false)
            .map(text -> Json.parse(text.asText()))
            .filter(
                found ->
                    StreamSupport.stream(found.path("decision").path("grants").spliterator(), false)
                        .anyMatch(grant -> grant.path("variant").asText().equals("q2")))
            .map(ObjectNode.class::cast)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no trace of the downgrade in " + map));
    Path file = folder.resolve("trace.json");
    Files.writeString(file, trace.toString());
    Command.Result same = replay(file);
    assertThat(same.status()).as(same.output()).isZero();
    ObjectNode amount = (ObjectNode) trace.path("policy").path("amount");
    amount.put("micros", amount.path("micros").asLong() * 10);
    Files.writeString(file, trace.toString());
    Command.Result other = replay(file);
    assertThat(other.status()).as(other.output()).isEqualTo(1);
  }

  private Command.Result replay(Path file) {
    return Command.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            fleet.repository().root().resolve("operator/target/quarkus-app/lib/main") + "/*",
            "dev.comptroller.reconcile.trace.Main",
            file.toString())
        .run();
  }

  private void scale(int replicas) {
    fleet.kubectl().run("-n", NAMESPACE, "scale", "md/chat", "--replicas=" + replicas);
  }

  private void awaitServing(String variant, int replicas) {
    await("%d replicas of %s serve and nothing changes".formatted(replicas, variant))
        .atMost(Tenant.PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(
            () -> {
              JsonNode status = deployment().path("status");
              return status.path("activeVariant").asText().equals(variant)
                  && status.path("transition").isMissingNode()
                  && StreamSupport.stream(status.path("variants").spliterator(), false)
                      .anyMatch(
                          rung ->
                              rung.path("name").asText().equals(variant)
                                  && rung.path("ready").asInt() == replicas);
            });
  }

  private JsonNode deployment() {
    return fleet.kubectl().json("-n", NAMESPACE, "get", "md", "chat");
  }

  private JsonNode budget() {
    return fleet.kubectl().json("-n", NAMESPACE, "get", "ib", "team").path("status");
  }

  private static long dollars(JsonNode amount) {
    return new BigDecimal(amount.asText("-1")).movePointRight(6).longValueExact();
  }
}
