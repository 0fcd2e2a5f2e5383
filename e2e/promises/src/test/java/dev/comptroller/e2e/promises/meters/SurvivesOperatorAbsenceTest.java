package dev.comptroller.e2e.promises.meters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.promises.fleet.Json;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The operator is away while replicas come and go and a namespace is deleted; the bill agrees with
/// the node agent's to the micro-dollar.
@Tag("integration")
class SurvivesOperatorAbsenceTest {
  private static final String SYSTEM = "comptroller-system";
  private static final String OPERATOR = "deployment/comptroller-operator";

  /// How long the operator is away at least; `-Dabsence.seconds=60` makes it longer.
  private static final Duration AWAY =
      Duration.ofSeconds(Integer.getInteger("absence.seconds", 20));

  @Test
  void shouldChargeToTheMicroDollarWhatCameAndWentWhileTheOperatorWasAway() {
    LocalFleet fleet = SharedFleet.real();
    Kubectl kubectl = fleet.kubectl();
    try (Tenant stays = Tenant.create(fleet, "stays");
        Tenant goes = Tenant.create(fleet, "goes")) {
      stays.deploy(2, 1, 4, 64, 8);
      goes.deploy(1, 2, 4, 64, 8);
      stays.awaitReady(2);
      goes.awaitReady(1);

      kubectl.run("-n", SYSTEM, "scale", OPERATOR, "--replicas=0");
      awaitOperators(kubectl, 0);
      long away = System.nanoTime();
      String replaced = stays.pods().getFirst().path("metadata").path("name").asText();
      kubectl.run("-n", "stays", "delete", "pod", replaced, "--wait=false");
      kubectl.run("-n", "stays", "scale", "deployment/tiny-seeded", "--replicas=4");
      kubectl.run("-n", "stays", "rollout", "status", "deployment/tiny-seeded", "--timeout=120s");
      kubectl.run("-n", "stays", "scale", "deployment/tiny-seeded", "--replicas=1");
      kubectl.run("delete", "namespace", "goes", "--wait=false");
      await("pods of both namespaces have ended")
          .atMost(Tenant.PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(goes.billLines()).hasSize(1);
                assertThat(stays.billLines()).hasSize(4);
              });
      assertThat(kubectl.attempt("get", "namespace", "goes").status())
          .as("a namespace waits for its replicas' intervals to be recorded")
          .isZero();

      await("the operator has been away for %d s".formatted(AWAY.toSeconds()))
          .atMost(AWAY.plus(Tenant.PATIENCE))
          .until(() -> System.nanoTime() - away > AWAY.toNanos());
      kubectl.run("-n", SYSTEM, "scale", OPERATOR, "--replicas=1");
      await("the deleted namespace is gone")
          .atMost(Tenant.PATIENCE)
          .until(() -> kubectl.attempt("get", "namespace", "goes").status() != 0);
      stays.scale(0);
      stays.awaitReady(0);

      assertThat(recordedMicros(kubectl, "goes")).isEqualTo(goes.billedMicros()).isPositive();
      assertThat(recordedMicros(kubectl, "stays")).isEqualTo(stays.billedMicros()).isPositive();
      await("the budget's status agrees with the node agent's bill")
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () -> assertThat(spentMicros(stays.budget())).isEqualTo(stays.billedMicros()));
      System.err.printf(
          "spend while the operator was away: stays $%s, goes $%s, equal to the node agent's bill%n",
          BigDecimal.valueOf(stays.billedMicros(), 6), BigDecimal.valueOf(goes.billedMicros(), 6));
    }
  }

  private static void awaitOperators(Kubectl kubectl, int count) {
    await("%d operator pods".formatted(count))
        .atMost(Tenant.PATIENCE)
        .until(
            () ->
                kubectl
                        .json(
                            "-n",
                            SYSTEM,
                            "get",
                            "pods",
                            "-l",
                            "app.kubernetes.io/component=operator")
                        .path("items")
                        .size()
                    == count);
  }

  private static long spentMicros(JsonNode budget) {
    return new BigDecimal(budget.path("status").path("spent").asText("-1"))
        .movePointRight(6)
        .longValueExact();
  }

  /// Dollars of the durable spend record, by an arithmetic of this test's own.
  private static long recordedMicros(Kubectl kubectl, String namespace) {
    JsonNode map = kubectl.json("-n", SYSTEM, "get", "configmap", "comptroller-spend-" + namespace);
    JsonNode record = Json.parse(map.path("data").path("record.json").asText());
    assertThat(record.path("uids")).as("no pod waits for anything").isEmpty();
    BigDecimal sum = BigDecimal.ZERO;
    for (JsonNode line : record.path("lines")) {
      for (JsonNode run : line.path("runs")) {
        sum =
            sum.add(
                BigDecimal.valueOf(run.path("gpuSeconds").asLong())
                    .multiply(BigDecimal.valueOf(line.path("microsPerNodeHour").asLong()))
                    .divide(
                        BigDecimal.valueOf(line.path("gpusPerNode").asLong() * 3600),
                        12,
                        RoundingMode.HALF_UP));
      }
    }
    return sum.setScale(0, RoundingMode.HALF_UP).longValueExact();
  }
}
