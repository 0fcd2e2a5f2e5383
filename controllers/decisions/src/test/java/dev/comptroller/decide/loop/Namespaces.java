package dev.comptroller.decide.loop;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Namespaces to decide about.
final class Namespaces {
  static final Transition QUICK =
      new Transition(Duration.ofSeconds(40), Duration.ofSeconds(20), Duration.ofSeconds(20));
  static final Leaving LEAVING =
      new Leaving(Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(10));

  private Namespaces() {}

  static Variant variant(String name, int gpus, String quality, long speed) {
    return new Variant(
        name, "h100", gpus, new BigDecimal(quality), 0, "", 8, TokensPerSecond.of(speed), null, 70);
  }

  static final Variant LARGE = variant("large", 4, "0.95", 2_000);
  static final Variant MEDIUM = variant("medium", 2, "0.90", 2_000);
  static final Variant SMALL = variant("small", 1, "0.80", 2_000);

  /// GPUs of a replica of a rung.
  static int gpus(DeploymentPolicy deployment, String variant) {
    return deployment.policy().ladder().stream()
        .filter(each -> each.name().equals(variant))
        .mapToInt(Variant::gpus)
        .findFirst()
        .orElseThrow();
  }

  static Pool pool(Price... prices) {
    return new Pool(
        "h100",
        "NVIDIA-H100-80GB-HBM3",
        new PriceBook(1, List.of(prices)),
        null,
        IntStream.range(0, 64)
            .mapToObj(i -> new Pool.Node("n" + i, CapacityType.OnDemand, true, 8, 0))
            .toList());
  }

  static Price price(String each) {
    return Price.always(CapacityType.OnDemand, HourlyRate.parse(each));
  }

  static DeploymentPolicy deployment(
      String name, int priority, int replicas, @Nullable String floor, Variant... ladder) {
    return new DeploymentPolicy(
        new Policy("team", name, List.of(ladder), floor, replicas, new Scaling(0, 20), null),
        priority,
        1,
        true,
        false,
        true,
        false,
        QUICK,
        Duration.ofMinutes(5));
  }

  static NamespacePolicy hard(String amount, Period period, DeploymentPolicy... deployments) {
    return hard(amount, Calendar.of(period, "UTC"), deployments);
  }

  static NamespacePolicy hard(String amount, Calendar calendar, DeploymentPolicy... deployments) {
    return new NamespacePolicy(
        "team",
        "budget",
        Money.parse(amount),
        calendar,
        true,
        false,
        HeatLadder.EMPTY,
        List.of(),
        List.of(deployments),
        LEAVING,
        NamespacePolicy.DEFAULT_STALE,
        NamespacePolicy.DEFAULT_CLIMB_MARGIN);
  }

  static NamespacePolicy with(NamespacePolicy policy, HeatLadder heat, boolean hard, boolean see) {
    return new NamespacePolicy(
        policy.namespace(),
        policy.budget(),
        policy.amount(),
        policy.calendar(),
        hard,
        see,
        heat,
        policy.features(),
        policy.deployments(),
        policy.leaving(),
        policy.stale(),
        policy.climbMargin());
  }

  static NamespacePolicy with(NamespacePolicy policy, Money amount) {
    return new NamespacePolicy(
        policy.namespace(),
        policy.budget(),
        amount,
        policy.calendar(),
        policy.hard(),
        policy.observe(),
        policy.heat(),
        policy.features(),
        policy.deployments(),
        policy.leaving(),
        policy.stale(),
        policy.climbMargin());
  }

  static NamespacePolicy with(NamespacePolicy policy, Leaving leaving) {
    return new NamespacePolicy(
        policy.namespace(),
        policy.budget(),
        policy.amount(),
        policy.calendar(),
        policy.hard(),
        policy.observe(),
        policy.heat(),
        policy.features(),
        policy.deployments(),
        leaving,
        policy.stale(),
        policy.climbMargin());
  }

  static HeatStep step(int at, HeatSource of, HeatAction action, int minutes) {
    return new HeatStep(
        at,
        of,
        action,
        action.isLimit() ? 512 : 0,
        Duration.ofMinutes(minutes),
        HeatStep.defaultRelease(at));
  }

  /// Everything drawn: deployments, ladders, prices that spike as declared, amount, heat ladder.
  static NamespacePolicy draw(Random random) {
    DeploymentPolicy[] deployments =
        IntStream.rangeClosed(0, random.nextInt(3))
            .mapToObj(i -> draw(random, "d" + i))
            .toArray(DeploymentPolicy[]::new);
    NamespacePolicy policy = hard(String.valueOf(1 + random.nextInt(60)), Period.Hour, deployments);
    List<HeatStep> steps =
        Stream.of(HeatAction.Warn, HeatAction.QueueBatch, HeatAction.Downgrade, HeatAction.Suspend)
            .filter(_ -> random.nextInt(3) == 0)
            .map(
                action ->
                    step(
                        30 + random.nextInt(80),
                        List.of(HeatSource.values()).get(random.nextInt(3)),
                        action,
                        random.nextInt(6)))
            .toList();
    return with(policy, new HeatLadder(steps), true, false);
  }

  private static DeploymentPolicy draw(Random random, String name) {
    List<Variant> ladder =
        IntStream.rangeClosed(0, random.nextInt(3))
            .mapToObj(
                i ->
                    variant(
                        "v" + i,
                        1 + random.nextInt(4),
                        "0." + (9 - i),
                        500L + random.nextInt(3_000)))
            .toList();
    int min = random.nextInt(2);
    return new DeploymentPolicy(
        new Policy(
            "team",
            name,
            ladder,
            random.nextBoolean() ? null : "v" + random.nextInt(ladder.size()),
            random.nextInt(5),
            new Scaling(min, 8),
            null),
        random.nextInt(3),
        1 + random.nextInt(3),
        random.nextInt(4) != 0,
        random.nextInt(4) == 0,
        random.nextInt(3) != 0,
        random.nextBoolean(),
        new Transition(
            Duration.ofSeconds(random.nextInt(90)),
            Duration.ofSeconds(random.nextInt(30)),
            Duration.ofSeconds(random.nextInt(30))),
        Duration.ofSeconds(random.nextInt(600)));
  }

  static Pool drawPool(Random random, Instant start, int seconds) {
    List<Price> prices = new ArrayList<>();
    prices.add(Price.always(CapacityType.OnDemand, new HourlyRate(1 + random.nextInt(8_000_000))));
    for (int i = random.nextInt(4); i > 0; i--) {
      Instant from = start.plusSeconds(random.nextInt(seconds));
      prices.add(
          new Price(
              CapacityType.OnDemand,
              new HourlyRate(1 + random.nextInt(24_000_000)),
              from,
              from.plusSeconds(1 + random.nextInt(900))));
    }
    return pool(prices.toArray(Price[]::new));
  }
}
