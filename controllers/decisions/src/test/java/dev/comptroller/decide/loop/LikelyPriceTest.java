package dev.comptroller.decide.loop;

import static dev.comptroller.decide.loop.Namespaces.LARGE;
import static dev.comptroller.decide.loop.Namespaces.MEDIUM;
import static dev.comptroller.decide.loop.Namespaces.SMALL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A pool with a cheap spot node beside dear ones: nobody knows where a new replica will stand.
class LikelyPriceTest {
  private static final Instant START = Instant.parse("2026-03-18T00:00:00Z");
  private static final Instant NOW = START.plusSeconds(3600);
  private static final DeploymentPolicy CHAT =
      Namespaces.deployment("chat", 100, 3, null, LARGE, MEDIUM, SMALL);
  private static final NamespacePolicy POLICY = Namespaces.hard("80", Period.Day, CHAT);

  @Test
  void shouldTakeALowerRungToBeAsCheapAsTheBetterOneBesideIt() {
    Grant grant = granted(MEDIUM, 1, "3");

    assertThat(grant.variant()).as(grant.message()).isEqualTo("small");
    assertThat(grant.replicas()).isEqualTo(2);
  }

  @Test
  void shouldNotTakeABetterRungToBeAsCheapAsTheLowerOneThatRuns() {
    assertThat(granted(SMALL, 2, "3").variant()).isEqualTo("small");
  }

  /// What is granted an hour into a day of $80 to a deployment that has asked for more than it can
  /// pay, where `count` replicas of `variant` run on spot nodes for `hourly` dollars.
  private static Grant granted(Variant variant, int count, String hourly) {
    Pool pool =
        new Pool(
            "h100",
            "NVIDIA-H100-80GB-HBM3",
            new PriceBook(
                1,
                List.of(
                    Price.always(CapacityType.OnDemand, HourlyRate.parse("4")),
                    Price.always(CapacityType.Spot, HourlyRate.parse("1.5")))),
            null,
            List.of(
                new Pool.Node("dear", CapacityType.OnDemand, true, 64, 0),
                new Pool.Node("spot", CapacityType.Spot, true, 8, 2)));
    HourlyRate now = HourlyRate.parse(hourly);
    HourlyRate most = HourlyRate.parse("4").times(variant.gpus()).times(count);
    List<VariantSeen> variants =
        CHAT.policy().ladder().stream()
            .map(
                each ->
                    VariantSeen.of(
                        each,
                        pool,
                        null,
                        VariantSeen.Slo.NotDeclared,
                        NOW,
                        POLICY.leaving().total()))
            .toList();
    DeploymentSeen chat =
        new DeploymentSeen(
            "chat",
            variant.name(),
            List.of(new Holding(variant.name(), count, count, false, new Exposure(now, most))),
            variants,
            TokensPerSecond.of(5_600));
    Grant before =
        new Grant(
            "chat",
            variant.name(),
            count,
            0,
            now,
            "FewerReplicas",
            "",
            START,
            null,
            Duration.ofMinutes(5));
    LoopState empty = LoopState.EMPTY;
    LoopState state =
        new LoopState(
            empty.heat(), List.of(before), List.of(), null, empty.needs(), empty.work(), null);
    MoneySeen money =
        new MoneySeen(
            NOW, POLICY.calendar().containing(NOW), Money.parse("3"), Money.ZERO, false, List.of());
    return MoneyLoop.decide(
            new NamespaceSeen(NOW, money, List.of(chat), List.of(), state), POLICY, NOW)
        .grants()
        .getFirst();
  }
}
