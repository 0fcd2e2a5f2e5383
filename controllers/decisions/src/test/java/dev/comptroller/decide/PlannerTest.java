package dev.comptroller.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private final Planner planner = new Planner();

  private static Variant rung(String name, String pool, String quality) {
    return new Variant(
        name, pool, 2, new BigDecimal(quality), 0, "F16", 8, TokensPerSecond.of(2_800), null, 60);
  }

  private static Policy policy(int replicas, @Nullable String floor, Variant... ladder) {
    return new Policy("team", "chat", List.of(ladder), floor, replicas, new Scaling(1, 3), null);
  }

  private static Observation pools(String... names) {
    var pools = new TreeMap<String, Pool>();
    for (String name : names) {
      PriceBook book =
          new PriceBook(8, List.of(Price.always(CapacityType.OnDemand, HourlyRate.parse("76"))));
      pools.put(name, new Pool(name, "NVIDIA-H100", book, null, List.of()));
    }
    return Observation.of(pools, List.of());
  }

  @Test
  void shouldServeTheBestRungWhosePoolExists() {
    Decision decision =
        planner.decide(
            pools("b"), policy(2, null, rung("large", "a", "0.9"), rung("small", "b", "0.7")), NOW);
    assertThat(decision)
        .isInstanceOfSatisfying(
            Decision.Serve.class,
            serve -> {
              assertThat(serve.variant()).isEqualTo("small");
              assertThat(serve.replicas()).isEqualTo(2);
            });
    assertThat(decision.explanation().summary())
        .isEqualTo("small on b: 2 replicas, $38.00/h, CPM $1.88, quality 0.7: chosen");
    assertThat(decision.explanation().candidates().getFirst().line())
        .isEqualTo("large on a: 2 replicas, quality 0.9: pool a does not exist");
    assertThat(decision.explanation().binding()).isEqualTo("spec.replicas");
  }

  @Test
  void shouldExplainAClamp() {
    Policy policy = policy(7, null, rung("large", "a", "0.9"));
    Explanation explanation = planner.decide(pools("a"), policy, NOW).explanation();
    assertThat(explanation.binding()).isEqualTo("scaling.maxReplicas");
    assertThat(explanation.summary())
        .contains("3 replicas", "spec.replicas 7 is above scaling.maxReplicas 3");
    Policy low = policy(0, null, rung("large", "a", "0.9"));
    assertThat(planner.decide(pools("a"), low, NOW).explanation().binding())
        .isEqualTo("scaling.minReplicas");
  }

  @Test
  void shouldNeverServeBelowTheQualityFloor() {
    Policy policy = policy(1, "large", rung("large", "a", "0.9"), rung("small", "b", "0.7"));
    Decision decision = planner.decide(pools("b"), policy, NOW);
    assertThat(decision)
        .isInstanceOfSatisfying(
            Decision.Blocked.class,
            blocked -> {
              assertThat(blocked.reason()).isEqualTo("PoolNotFound");
              assertThat(blocked.message())
                  .contains(
                      "0 of 2",
                      "large: pool a does not exist",
                      "small: below the quality floor large");
            });
  }

  @Test
  void shouldSayWhichPoolsExistWhenNoneFits() {
    Decision decision =
        planner.decide(pools("x", "y"), policy(1, null, rung("large", "a", "0.9")), NOW);
    assertThat(decision)
        .isInstanceOfSatisfying(
            Decision.Blocked.class,
            blocked ->
                assertThat(blocked.message())
                    .contains("pool a does not exist (GpuNodePools: x, y)"));
  }
}
