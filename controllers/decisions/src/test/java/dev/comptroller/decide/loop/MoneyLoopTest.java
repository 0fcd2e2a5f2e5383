package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatState;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MoneyLoopTest {
  private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
  private static final Pool POOL = Namespaces.pool(Namespaces.price("2.00"));

  private static Holding holding(Variant variant, int replicas) {
    return new Holding(
        variant.name(),
        replicas,
        replicas,
        false,
        Exposure.fixed(HourlyRate.parse("2").times(variant.gpus())).times(replicas));
  }

  private static DeploymentSeen seen(DeploymentPolicy policy, Holding... holdings) {
    return new DeploymentSeen(
        policy.name(),
        holdings.length == 0 ? null : holdings[0].variant(),
        List.of(holdings),
        policy.policy().ladder().stream()
            .map(
                variant ->
                    VariantSeen.of(
                        variant,
                        POOL,
                        null,
                        VariantSeen.Slo.NotDeclared,
                        NOW,
                        Namespaces.LEAVING.total()))
            .toList(),
        null);
  }

  private static NamespaceSeen seen(
      NamespacePolicy policy, String spent, LoopState state, DeploymentSeen... deployments) {
    Window window = policy.calendar().containing(NOW);
    MoneySeen money = new MoneySeen(NOW, window, Money.parse(spent), Money.ZERO, false, List.of());
    return new NamespaceSeen(NOW, money, Arrays.asList(deployments), List.of(), state);
  }

  private static String served(NamespaceDecision decision, String deployment) {
    return decision
        .grant(deployment)
        .map(grant -> grant.variant() + "*" + grant.replicas() + "+" + grant.surge())
        .orElse("nothing");
  }

  private static final DeploymentPolicy CHAT =
      Namespaces.deployment("chat", 100, 2, null, Namespaces.LARGE, Namespaces.SMALL);

  /// 12 hours are left; two large cost 16 $/h, two small 4 $/h.
  private static NamespaceDecision decide(NamespacePolicy policy, String spent) {
    return decide(policy, spent, CHAT, 2);
  }

  /// The same of so many large replicas of a deployment.
  private static NamespaceDecision decide(
      NamespacePolicy policy, String spent, DeploymentPolicy deployment, int larges) {
    return MoneyLoop.decide(
        seen(policy, spent, LoopState.EMPTY, seen(deployment, holding(Namespaces.LARGE, larges))),
        policy,
        NOW);
  }

  @Test
  void shouldDropToTheRungThatLastsAndExplainItWithItsFigures() {
    NamespaceDecision decision = decide(Namespaces.hard("200", Period.Day, CHAT), "100");
    assertThat(served(decision, "chat")).isEqualTo("small*2+2");
    Grant grant = decision.grants().getFirst();
    assertThat(grant.reason()).isEqualTo("Downgraded");
    assertThat(grant.changed()).isEqualTo(NOW);
    DeploymentVerdict verdict = decision.deployments().getFirst();
    assertThat(verdict.from()).isEqualTo("large");
    assertThat(verdict.hourlyBefore()).isEqualTo(HourlyRate.parse("16"));
    assertThat(verdict.hourly()).isEqualTo(HourlyRate.parse("4"));
    assertThat(verdict.savedHourly()).isEqualTo(HourlyRate.parse("12"));
    assertThat(verdict.explanation().binding()).isEqualTo("allowed $/hour");
    assertThat(verdict.explanation().candidates())
        .extracting(candidate -> candidate.variant() + ": " + candidate.verdict())
        .containsExactly("large: costs more than $8.33/h", "small: chosen");
    assertThat(verdict.boundBy()).isEqualTo("AllowedRate");
    assertThat(verdict.why())
        .isEqualTo(
            "bound by allowed $/hour; large on h100: 2 replicas, $16.00/h, CPM $1.11, quality 0.95,"
                + " no SLO: costs more than $8.33/h; small on h100: 2 replicas, $4.00/h, CPM $0.28,"
                + " quality 0.80, no SLO: chosen");
    assertThat(verdict.text()).contains("without the budget: 2 x large on h100 for $16.00/h");
    // Once 100 - 4 h pays for the rest at 16 $/h with 2 % to spare.
    assertThat(verdict.until()).isBetween(NOW.plusSeconds(7 * 3600), NOW.plusSeconds(9 * 3600));
    assertThat(grant.message()).contains("saves $12.00/h").contains("2 more run until it serves");
    assertThat(decision.fundedUntil()).isAfter(NOW);
  }

  @Test
  void shouldLetNoMoreOldReplicasRunOnThanTheDemandNeedsWhileTheRungChanges() {
    DeploymentPolicy one =
        Namespaces.deployment("chat", 100, 1, null, Namespaces.LARGE, Namespaces.SMALL);
    NamespacePolicy policy = Namespaces.hard("200", Period.Day, one);

    NamespaceDecision decision = decide(policy, "150", one, 3);

    assertThat(served(decision, "chat")).isEqualTo("small*1+1");
  }

  @Test
  void shouldDoNothingButTellInObserveMode() {
    NamespacePolicy hard = Namespaces.hard("200", Period.Day, CHAT);
    NamespaceDecision decision = decide(Namespaces.with(hard, HeatLadder.EMPTY, true, true), "100");
    assertThat(decision.observe()).isTrue();
    assertThat(served(decision, "chat")).isEqualTo("small*2+2");
    assertThat(decision.enforced())
        .extracting(grant -> grant.variant() + "*" + grant.replicas() + "+" + grant.surge())
        .containsExactly("large*2+0");
    assertThat(decision.state().commitments()).isEmpty();
  }

  @Test
  void shouldNotForecastAnHourByWhatOtherHoursOfTheDayNeeded() {
    // From 11:30 to 12:30 in UTC, a quarter of an hour of it gone.
    NamespacePolicy hour = Namespaces.hard("40", Calendar.of(Period.Hour, "Asia/Kolkata"), CHAT);
    Instant then = NOW.minusSeconds(900);
    Needs busy = Needs.NONE.seen(64_000, then.minusSeconds(3600)).seen(64_000, NOW);
    LoopState state =
        new LoopState(LoopState.EMPTY.heat(), List.of(), List.of(), null, busy, Work.NONE, null);
    NamespaceSeen seen =
        new NamespaceSeen(
            then,
            new MoneySeen(
                then,
                hour.calendar().containing(then),
                Money.parse("1"),
                Money.ZERO,
                false,
                List.of()),
            List.of(seen(CHAT, holding(Namespaces.LARGE, 2))),
            List.of(),
            state);
    // What runs costs 16 $/h for three quarters of an hour.
    assertThat(
            Objects.requireNonNull(MoneyLoop.decide(seen, hour, then).figures()).forecast().atEnd())
        .isEqualTo(Money.parse("13"));
  }

  @Test
  void shouldNotSpendTheSameMoneyTwiceOnOneObservation() {
    // 5 $ left: one replica of 4 GPUs may start, 8 $/h with 60 s to leave; not a second one.
    DeploymentPolicy one = Namespaces.deployment("a", 100, 1, null, Namespaces.LARGE);
    DeploymentPolicy two = Namespaces.deployment("b", 100, 1, null, Namespaces.LARGE);
    NamespacePolicy first = Namespaces.hard("100", Period.Day, one);
    NamespacePolicy both = Namespaces.hard("100", Period.Day, one, two);
    String spent = "98.3";
    NamespaceDecision before =
        MoneyLoop.decide(seen(first, spent, LoopState.EMPTY, seen(one)), first, NOW);
    assertThat(served(before, "a")).isEqualTo("large*1+0");
    // The same observation, which still shows nothing running.
    NamespaceDecision after =
        MoneyLoop.decide(
            seen(both, spent, before.state(), seen(one), seen(two)), both, NOW.plusSeconds(5));
    NamespaceDecision alone =
        MoneyLoop.decide(
            seen(both, spent, LoopState.EMPTY, seen(two)),
            Namespaces.hard("100", Period.Day, two),
            NOW.plusSeconds(5));
    assertThat(served(alone, "b")).isEqualTo("large*1+0");
    assertThat(served(after, "a")).isEqualTo("large*1+0");
    assertThat(served(after, "b")).isEqualTo("large*0+0");
  }

  @Test
  void shouldHoldWhatRunsWhenTheSpendIsStaleOrUnknown() {
    NamespacePolicy policy = Namespaces.hard("200", Period.Day, CHAT);
    NamespaceDecision first = decide(policy, "100");
    Instant later = NOW.plus(Duration.ofMinutes(3));
    NamespaceSeen old =
        seen(policy, "100", first.state(), seen(CHAT, holding(Namespaces.LARGE, 2)));
    NamespaceDecision stale = MoneyLoop.decide(old, policy, later);
    assertThat(stale.held()).isNotNull();
    assertThat(String.valueOf(stale.held())).contains("SpendStale", "180 s ago, more than 120 s");
    assertThat(served(stale, "chat")).isEqualTo("small*2+2");
    NamespaceSeen blind =
        new NamespaceSeen(later, null, old.deployments(), List.of(), first.state());
    NamespaceDecision unknown = MoneyLoop.decide(blind, policy, later);
    assertThat(String.valueOf(unknown.held())).contains("SpendUnknown");
    assertThat(served(unknown, "chat")).isEqualTo("small*2+2");
    assertThat(unknown.fundedUntil()).isEqualTo(first.fundedUntil());
    NamespaceSeen fresh =
        new NamespaceSeen(later, null, old.deployments(), List.of(), LoopState.EMPTY);
    assertThat(served(MoneyLoop.decide(fresh, policy, later), "chat")).isEqualTo("large*2+0");
  }

  private static DeploymentPolicy terms(
      boolean downgrade, boolean suspend, @Nullable String floor) {
    DeploymentPolicy base =
        Namespaces.deployment("chat", 100, 2, floor, Namespaces.LARGE, Namespaces.SMALL);
    return new DeploymentPolicy(
        base.policy(), 100, 1, downgrade, false, suspend, false, base.transition(), base.dwell());
  }

  private static NamespaceDecision soft(DeploymentPolicy deployment, HeatAction action) {
    HeatStep step = new HeatStep(50, HeatSource.Larger, action, 0, Duration.ZERO, 40);
    NamespacePolicy policy =
        Namespaces.with(
            Namespaces.hard("200", Period.Day, deployment),
            new HeatLadder(List.of(step)),
            false,
            false);
    return MoneyLoop.decide(
        seen(policy, "150", LoopState.EMPTY, seen(deployment, holding(Namespaces.LARGE, 2))),
        policy,
        NOW);
  }

  @Test
  void shouldHonourWhatTheOwnerRefuses() {
    assertThat(served(soft(terms(true, true, null), HeatAction.Downgrade), "chat"))
        .isEqualTo("small*2+2");
    assertThat(served(soft(terms(false, true, null), HeatAction.Downgrade), "chat"))
        .isEqualTo("large*2+0");
    assertThat(served(soft(terms(true, true, "large"), HeatAction.Downgrade), "chat"))
        .isEqualTo("large*2+0");
    NamespaceDecision suspended = soft(terms(true, true, null), HeatAction.Suspend);
    assertThat(served(suspended, "chat")).isEqualTo("large*0+0");
    assertThat(suspended.traffic().suspended()).isTrue();
    NamespaceDecision refused = soft(terms(true, false, null), HeatAction.Suspend);
    assertThat(served(refused, "chat")).isEqualTo("small*2+2");
    assertThat(refused.traffic().suspended()).isFalse();
    // A hard limit is the last word: nothing is left.
    NamespacePolicy hard = Namespaces.hard("100", Period.Day, terms(false, false, "large"));
    NamespaceDecision gone = decide(hard, "99.99");
    assertThat(served(gone, "chat")).isEqualTo("large*0+0");
    assertThat(gone.grants().getFirst().reason()).isEqualTo("BudgetExhausted");
    assertThat(gone.traffic().suspended()).isTrue();
    assertThat(gone.fundedUntil()).isEqualTo(NOW);
  }

  @Test
  void shouldKeepFloorsOfAllBeforeTheWishesOfTheFirst() {
    DeploymentPolicy first =
        Namespaces.deployment("a", 200, 2, null, Namespaces.LARGE, Namespaces.SMALL);
    DeploymentPolicy last =
        Namespaces.deployment("b", 1, 2, null, Namespaces.LARGE, Namespaces.SMALL);
    NamespacePolicy policy = Namespaces.hard("217", Period.Day, first, last);
    NamespaceDecision decision =
        MoneyLoop.decide(
            seen(
                policy,
                "0",
                LoopState.EMPTY,
                seen(first, holding(Namespaces.LARGE, 2)),
                seen(last, holding(Namespaces.LARGE, 2))),
            policy,
            NOW);
    // 18 $/h: two small floors cost 2 $/h each, and two large of the first 16 $/h.
    assertThat(served(decision, "a")).isEqualTo("large*2+0");
    assertThat(served(decision, "b")).isEqualTo("small*1+2");
  }

  @Test
  void shouldTellEachFeatureWhatHappensToIt() {
    NamespacePolicy base = Namespaces.hard("200", Period.Day, CHAT);
    HeatLadder ladder =
        new HeatLadder(
            List.of(
                Namespaces.step(20, HeatSource.Spent, HeatAction.QueueBatch, 0),
                Namespaces.step(90, HeatSource.Spent, HeatAction.CapOutput, 0)));
    NamespacePolicy policy =
        new NamespacePolicy(
            "team",
            "budget",
            base.amount(),
            base.calendar(),
            true,
            false,
            ladder,
            List.of(
                new FeaturePolicy("batch", null, 1, true, true),
                new FeaturePolicy("strict", null, 1, false, false),
                new FeaturePolicy("poor", Money.parse("1"), 1, true, true),
                new FeaturePolicy("other", null, 1, false, true)),
            base.deployments(),
            base.leaving(),
            base.stale(),
            base.climbMargin());
    NamespaceSeen seen =
        seen(policy, "100", LoopState.EMPTY, seen(CHAT, holding(Namespaces.LARGE, 2)));
    NamespaceDecision decision =
        MoneyLoop.decide(
            new NamespaceSeen(
                seen.asOf(),
                seen.money(),
                seen.deployments(),
                List.of(feature("poor", "1")),
                seen.state()),
            policy,
            NOW);
    assertThat(decision.traffic().queueBatch()).isTrue();
    assertThat(decision.traffic().maxOutputTokens()).isNull();
    assertThat(decision.features())
        .extracting(feature -> feature.name() + " " + feature.action())
        .containsExactly("batch Queue", "other Admit", "poor Refuse", "strict RefuseDowngraded");
  }

  private static FeatureSeen feature(String name, String spent) {
    return new FeatureSeen(name, Money.parse(spent), Money.ZERO, Money.parse("0.30"));
  }

  /// What a budget of some enforcement says of a feature of $5 that was charged `spent`.
  private static FeatureVerdict charged(boolean hard, FeatureSeen spent) {
    NamespacePolicy base = Namespaces.hard("960", Period.Day, CHAT);
    NamespacePolicy policy =
        new NamespacePolicy(
            "team",
            "budget",
            base.amount(),
            base.calendar(),
            hard,
            false,
            base.heat(),
            List.of(new FeaturePolicy("chat", Money.parse("5"), 1, false, true)),
            base.deployments(),
            base.leaving(),
            base.stale(),
            base.climbMargin());
    NamespaceSeen seen =
        seen(policy, "100", LoopState.EMPTY, seen(CHAT, holding(Namespaces.LARGE, 2)));
    return MoneyLoop.decide(
            new NamespaceSeen(
                seen.asOf(), seen.money(), seen.deployments(), List.of(spent), seen.state()),
            policy,
            NOW)
        .features()
        .getFirst();
  }

  @Test
  void shouldRefuseAFeatureOfAHardBudgetWhoseAmountDoesNotPayForOneMoreRequest() {
    Instant end = Namespaces.hard("960", Period.Day, CHAT).calendar().containing(NOW).end();
    assertThat(charged(true, feature("chat", "5.00")))
        .isEqualTo(
            new FeatureVerdict(
                "chat",
                FeatureVerdict.Action.Refuse,
                true,
                "AmountUsed",
                "$5.00 of its $5.00 are charged",
                end));
    assertThat(charged(true, feature("chat", "4.71")))
        .isEqualTo(
            new FeatureVerdict(
                "chat",
                FeatureVerdict.Action.Refuse,
                true,
                "AmountUsed",
                "$4.71 of its $5.00 are charged; the $0.29 left are less than the $0.30 that one of"
                    + " its requests costs on average",
                end));
    assertThat(charged(true, feature("chat", "4.70")).action())
        .isEqualTo(FeatureVerdict.Action.Admit);
    // What running requests hold comes back in part.
    assertThat(
            charged(true, new FeatureSeen("chat", Money.parse("4"), Money.parse("1"), null))
                .exhausted())
        .isFalse();
  }

  @Test
  void shouldOnlyWarnOfAFeatureOfASoftBudgetThatPassedItsAmount() {
    assertThat(charged(false, feature("chat", "5.20")))
        .isEqualTo(
            new FeatureVerdict(
                "chat",
                FeatureVerdict.Action.Warn,
                true,
                "AmountUsed",
                "$5.20 of its $5.00 are charged; the budget is Soft, so its requests are still"
                    + " answered",
                Namespaces.hard("960", Period.Day, CHAT).calendar().containing(NOW).end()));
    assertThat(charged(false, feature("chat", "4.99")).action())
        .isEqualTo(FeatureVerdict.Action.Admit);
  }

  /// A drawn namespace at an instant: policy, and what is seen of it.
  private record Drawn(NamespacePolicy policy, NamespaceSeen seen) {
    static Drawn of(long seed) {
      Random random = new Random(seed);
      NamespacePolicy policy = Namespaces.draw(random);
      List<DeploymentSeen> seen = new ArrayList<>();
      for (DeploymentPolicy deployment : policy.deployments()) {
        List<Variant> ladder = deployment.policy().ladder();
        seen.add(
            seen(
                deployment, holding(ladder.get(random.nextInt(ladder.size())), random.nextInt(4))));
      }
      MoneySeen money =
          new MoneySeen(
              NOW,
              policy.calendar().containing(NOW),
              new Money(random.nextLong(policy.amount().micros())),
              Money.ZERO,
              false,
              List.of());
      return new Drawn(policy, new NamespaceSeen(NOW, money, seen, List.of(), LoopState.EMPTY));
    }

    private static DeploymentSeen seen(DeploymentPolicy policy, Holding... holdings) {
      return MoneyLoopTest.seen(policy, holdings);
    }
  }

  @Test
  void shouldNotDependOnTheOrderOfDeployments() {
    for (long seed = 0; seed < 300; seed++) {
      Drawn drawn = Drawn.of(seed);
      NamespacePolicy policy = drawn.policy();
      NamespaceSeen seen = drawn.seen();
      List<DeploymentPolicy> shuffled = new ArrayList<>(policy.deployments());
      Collections.shuffle(shuffled, new Random(seed));
      List<DeploymentSeen> mixed = new ArrayList<>(seen.deployments());
      Collections.shuffle(mixed, new Random(seed + 1));
      NamespacePolicy same =
          new NamespacePolicy(
              policy.namespace(),
              policy.budget(),
              policy.amount(),
              policy.calendar(),
              true,
              false,
              policy.heat(),
              policy.features(),
              shuffled,
              policy.leaving(),
              policy.stale(),
              policy.climbMargin());
      NamespaceSeen alike =
          new NamespaceSeen(seen.asOf(), seen.money(), mixed, List.of(), seen.state());
      assertThat(MoneyLoop.decide(alike, same, NOW))
          .as("seed %d", seed)
          .isEqualTo(MoneyLoop.decide(seen, policy, NOW));
    }
  }

  @Test
  void shouldNeverServeLessOfADeploymentForMoreMoney() {
    for (long seed = 0; seed < 600; seed++) {
      Drawn drawn = Drawn.of(seed);
      DeploymentPolicy only = drawn.policy().deployments().getFirst();
      NamespacePolicy poor =
          Namespaces.with(
              Namespaces.hard(drawn.policy().amount().toString(), Period.Hour, only),
              Namespaces.LEAVING);
      NamespaceSeen seen =
          new NamespaceSeen(
              NOW,
              drawn.seen().money(),
              // Nothing runs: what runs and cannot be left is kept, however little money there is.
              List.of(seen(only)),
              List.of(),
              LoopState.EMPTY);
      double before = -1;
      for (int more = 0; more < 12; more++) {
        NamespacePolicy rich =
            Namespaces.with(poor, poor.amount().plus(Money.parse("2").times(more)));
        double now = kept(MoneyLoop.decide(seen, rich, NOW), only);
        assertThat(now).as("seed %d, %d times 2 $ more", seed, more).isGreaterThanOrEqualTo(before);
        before = now;
      }
    }
  }

  /// Quality times the part of the demand that is served.
  private static double kept(NamespaceDecision decision, DeploymentPolicy policy) {
    Grant grant = decision.grants().getFirst();
    DeploymentVerdict verdict = decision.deployments().getFirst();
    int index = 0;
    while (!policy.policy().ladder().get(index).name().equals(grant.variant())) {
      index++;
    }
    Variant variant = policy.policy().ladder().get(index);
    if (grant.replicas() == 0 || variant.throughput() == null || verdict.withoutBudget() == null) {
      return 0;
    }
    double speed = variant.throughput().thousandths();
    Variant first = null;
    for (Variant each : policy.policy().ladder()) {
      first = each.name().equals(verdict.withoutBudget().variant()) ? each : first;
    }
    double firsts =
        first == null || first.throughput() == null ? 1 : first.throughput().thousandths();
    int asked = verdict.withoutBudget().replicas();
    boolean own = variant.equals(first);
    double needed =
        own ? asked : Math.clamp((int) Math.ceil(asked * firsts / speed), 1, Math.max(asked, 8));
    return variant.quality().doubleValue() * Math.min(1, grant.replicas() / needed);
  }

  @Test
  void shouldDecideNothingRatherThanOverflow() {
    NamespacePolicy policy = Namespaces.hard("9000000000000", Period.Month, CHAT);
    DeploymentSeen dear =
        new DeploymentSeen(
            "chat",
            "large",
            List.of(
                new Holding(
                    "large", 2, 2, false, Exposure.fixed(new HourlyRate(Long.MAX_VALUE / 2)))),
            seen(CHAT).variants(),
            null);
    NamespaceDecision decision =
        MoneyLoop.decide(seen(policy, "1", LoopState.EMPTY, dear), policy, NOW);
    assertThat(decision.held()).isNotNull();
    assertThat(decision.state().heat()).isEqualTo(HeatState.EMPTY);
  }
}
