package dev.comptroller.reconcile.trace;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.Rhythm;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.DeploymentSeen;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.loop.FeatureSeen;
import dev.comptroller.decide.loop.Holding;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.loop.MoneySeen;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.loop.NamespaceSeen;
import dev.comptroller.decide.loop.VariantSeen;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// A namespace whose budget takes its deployment from large to small.
public final class HotNamespace {
  /// When it is decided about.
  public static final Instant NOW = Instant.parse("2026-03-04T12:00:30Z");

  private HotNamespace() {}

  private static Variant variant(String name, String quality, int gpus) {
    return new Variant(
        name,
        "h100",
        gpus,
        new BigDecimal(quality),
        8_000_000_000L,
        "Q8_0",
        32,
        TokensPerSecond.of(2_000),
        new Variant.DeclaredPrice(Cpm.parse("1"), Cpm.parse("0.10"), Cpm.parse("4.00")),
        70);
  }

  /// What its owner asked for.
  public static NamespacePolicy policy() {
    Policy policy =
        new Policy(
            "team",
            "chat",
            List.of(variant("large", "0.90", 4), variant("small", "0.8", 1)),
            "small",
            2,
            new Scaling(0, 4),
            Cpm.parse("2.50"));
    HeatLadder ladder =
        new HeatLadder(
            List.of(
                new HeatStep(70, HeatSource.Forecast, HeatAction.QueueBatch, 0, Duration.ZERO, 60),
                new HeatStep(80, HeatSource.Larger, HeatAction.Downgrade, 0, Duration.ZERO, 70)));
    return new NamespacePolicy(
        "team",
        "budget",
        Money.parse("150"),
        Calendar.of(Period.Day, "Europe/Berlin"),
        true,
        false,
        ladder,
        List.of(new FeaturePolicy("search", Money.parse("5"), 10, true, true)),
        List.of(
            new DeploymentPolicy(
                policy,
                100,
                1,
                true,
                false,
                true,
                false,
                new Transition(
                    Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(30)),
                Duration.ofMinutes(5))),
        new Leaving(Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(10)),
        NamespacePolicy.DEFAULT_STALE,
        NamespacePolicy.DEFAULT_CLIMB_MARGIN);
  }

  /// What is known of it.
  public static NamespaceSeen seen(LoopState state) {
    NamespacePolicy policy = policy();
    Exposure large = Exposure.fixed(HourlyRate.parse("8"));
    Exposure small = new Exposure(HourlyRate.parse("2"), HourlyRate.parse("3"));
    List<HourSpend> history =
        IntStream.rangeClosed(1, 60)
            .mapToObj(
                back ->
                    new HourSpend(
                        Instant.parse("2026-03-04T12:00:00Z").minusSeconds(3600L * back),
                        new Money(5_000_000L + back)))
            .toList();
    return new NamespaceSeen(
        NOW.minusSeconds(1),
        new MoneySeen(
            NOW.minusSeconds(2),
            policy.calendar().containing(NOW),
            Money.parse("70.123456"),
            Money.parse("1.5"),
            false,
            history),
        List.of(
            new DeploymentSeen(
                "chat",
                "large",
                List.of(new Holding("large", 2, 2, false, large.times(2))),
                List.of(
                    new VariantSeen(
                        "large", large, TokensPerSecond.of(2_000), 3, null, VariantSeen.Slo.Met),
                    new VariantSeen(
                        "small",
                        small,
                        null,
                        8,
                        null,
                        VariantSeen.Slo.NotMeasured,
                        new Rhythm(
                            List.of(
                                new Exposure.Step(NOW.plusSeconds(7_200), small.now()),
                                new Exposure.Step(NOW.plusSeconds(9_000), small.highest())),
                            Duration.ofHours(1)))),
                null,
                List.of(TokensPerSecond.of(4_000), TokensPerSecond.of(400)),
                Map.of("small", Duration.ofSeconds(200)))),
        List.of(new FeatureSeen("search", Money.parse("1.25"), Money.parse("0.05"), null)),
        state);
  }
}
