package dev.comptroller.e2e.promises.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.Background;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.SharedFleet;
import dev.comptroller.e2e.fleet.Traffic;
import dev.comptroller.e2e.promises.fleet.Tenant;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Nobody asks and nothing runs; a request waits for its replica and is answered; a burst brings
/// more; and when it is over all of them leave again.
@Tag("integration")
class FollowsTheLoadFromZeroTest {
  private static final String NAMESPACE = "tides";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int MOST = 3;

  private final LocalFleet fleet = SharedFleet.real();
  private final long began = System.nanoTime();
  private final List<String> told = new ArrayList<>();

  @Test
  void shouldGoFromZeroToABurstAndBackToZeroWithEveryRequestAnswered() {
    try (Tenant tenant = Tenant.create(fleet, NAMESPACE);
        Traffic traffic = tenant.traffic()) {
      tenant.kubectl().apply(DEPLOYMENT.replace("NAMESPACE", NAMESPACE));
      tenant.awaitCondition("Ready", ready -> ready.path("reason").asText().equals("ScaledToZero"));
      assertThat(tenant.pods()).isEmpty();

      Traffic.Answer first = fromZero(traffic);
      assertThat(first.completionTokens()).isPositive();
      assertThat(Long.parseLong(first.headers().get("x-comptroller-waited-ms"))).isPositive();

      try (Background people = Background.start(tenant.traffic(), 8)) {
        awaitDesired(tenant, MOST);
        tenant.awaitReady(MOST);
        JsonNode wants = autoscaling(tenant);
        assertThat(wants.path("reason").asText()).isIn("Demand", "Waiting", "Maximum");
        assertThat(wants.path("message").asText())
            .contains("%d x seeded for $".formatted(MOST))
            .contains("tokens/s expected within");
        halveTheCost(tenant);
        people.stop();
        assertThat(people.failures()).isEmpty();
        told.add("%d streams in the burst, none failed".formatted(people.answers().size()));
      }

      awaitDesired(tenant, 0);
      await("no pod is left")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(tenant.pods()).isEmpty());
      assertThat(autoscaling(tenant).path("reason").asText()).isEqualTo("Idle");
      assertThat(
              Kubectl.condition(tenant.deployment(), "VariantAvailable").path("message").asText())
          .contains("the next request starts one");
      await("the budget's status agrees with the node agent's bill")
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () ->
                  assertThat(micros(tenant.budget().path("status").path("spent").asText()))
                      .isEqualTo(tenant.billedMicros()));
      told.forEach(System.err::println);
    }
  }

  /// The first answer, of a deployment that runs nothing.
  private Traffic.Answer fromZero(Traffic traffic) {
    long asked = System.nanoTime();
    Traffic.Answer answer = traffic.ask("hello", 4);
    told.add(
        "from zero: answered after %.1f s, of which %s ms waiting at the gateway"
            .formatted(
                (System.nanoTime() - asked) / 1e9,
                answer.headers().get("x-comptroller-waited-ms")));
    return answer;
  }

  /// Asks for half of what a million tokens cost now, which three small replicas cannot give.
  private void halveTheCost(Tenant tenant) {
    String cpm =
        await("what a million tokens cost")
            .atMost(PATIENCE)
            .until(
                () -> tenant.deployment().path("status").path("cpm").asText(), c -> !c.isEmpty());
    BigDecimal half = new BigDecimal(cpm).divide(BigDecimal.TWO, 4, RoundingMode.DOWN);
    String patch =
        "{\"spec\":{\"targetCpm\":{\"dollars\":\"%s\",\"minimumTokens\":1}}}".formatted(half);
    tenant.kubectl().run("-n", NAMESPACE, "patch", "md/tiny", "--type=merge", "--patch=" + patch);
    JsonNode target =
        tenant.awaitCondition(
            "MeetingTargetCpm",
            condition -> condition.path("message").asText().contains("bound by"));
    assertThat(target.path("status").asText()).isEqualTo("False");
    assertThat(target.path("message").asText())
        .contains("full CPM $", "target $" + half.stripTrailingZeros().toPlainString());
    told.add("a target of $%s at $%s: %s".formatted(half, cpm, target.path("message").asText()));
  }

  private void awaitDesired(Tenant tenant, int replicas) {
    String[] last = {""};
    await("%d replicas are wanted".formatted(replicas))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () -> {
              JsonNode status = tenant.deployment().path("status");
              String now =
                  "%d wanted, %d ready, $%s/h: %s"
                      .formatted(
                          status.path("desiredReplicas").asInt(),
                          status.path("readyReplicas").asInt(),
                          status.path("burnRate").asText(),
                          status.path("autoscaling").path("reason").asText());
              if (!now.equals(last[0])) {
                told.add("%6.1f s  %s".formatted((System.nanoTime() - began) / 1e9, now));
                last[0] = now;
              }
              return status.path("desiredReplicas").asInt() == replicas;
            });
  }

  private static JsonNode autoscaling(Tenant tenant) {
    return tenant.deployment().path("status").path("autoscaling");
  }

  private static long micros(String dollars) {
    return new BigDecimal(dollars).movePointRight(6).longValueExact();
  }

  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata:
        name: tiny
        namespace: NAMESPACE
      spec:
        scaling:
          minReplicas: 0
          maxReplicas: 3
          idleTimeout: 10s
        variants:
        - name: seeded
          pool: h100
          gpus: 1
          quality: 10
          targetUtilization: 60
          model:
            uri: pvc://models/stand-in-tiny.gguf
            parameters: 1M
            quantization: F16
            contextLength: 2048
          batching:
            maxSequences: 2
            maxBatchedTokens: 64
            maxQueued: 16
          throughput:
            tokensPerSecond: 40
      """;
}
