package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.Needs;
import dev.comptroller.decide.forecast.Work;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/// A day of decisions, a minute apart, in a fleet that does at once what it is told: money that is
/// short must not go into what does not last or hardly works.
class ThriftTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
  private static final int DAY = 24 * 60;
  private static final long SPEED = 2_000;
  private static final DeploymentPolicy CHAT =
      Namespaces.deployment(
          "chat", 100, 2, null, Namespaces.LARGE, Namespaces.MEDIUM, Namespaces.SMALL);

  /// Grants by minute.
  ///
  /// @param amount dollars of the day
  /// @param demand tokens a second, by minute
  /// @param cents of a GPU for an hour, by minute
  private static List<Grant> day(String amount, IntToLongFunction demand, IntToLongFunction cents) {
    return day(amount, demand, cents, _ -> 8_000, Work.NONE);
  }

  /// The same, where the hours of the day are known to take these thousandths of GPUs.
  private static List<Grant> day(
      String amount,
      IntToLongFunction demand,
      IntToLongFunction cents,
      IntToLongFunction known,
      Work work) {
    Needs needs = Needs.NONE;
    for (int hour = 0; hour < 24; hour++) {
      needs = needs.seen(known.applyAsLong(hour), middle(hour));
    }
    LoopState state =
        new LoopState(LoopState.EMPTY.heat(), List.of(), List.of(), null, needs, work, null);
    NamespacePolicy policy = Namespaces.hard(amount, Period.Day, CHAT);
    List<Grant> grants = new ArrayList<>();
    long spent = 0;
    for (int minute = 0; minute < DAY; minute++) {
      Instant now = START.plusSeconds(60L * minute);
      HourlyRate price = new HourlyRate(10_000 * cents.applyAsLong(minute));
      DeploymentSeen chat = seen(state, demand.applyAsLong(minute), price, now);
      MoneySeen money =
          new MoneySeen(
              now,
              policy.calendar().containing(now),
              new Money(spent),
              Money.ZERO,
              false,
              List.of());
      NamespaceDecision decision =
          MoneyLoop.decide(
              new NamespaceSeen(now, money, List.of(chat), List.of(), state), policy, now);
      state = decision.state();
      Grant grant = decision.grant("chat").orElseThrow();
      grants.add(grant);
      spent +=
          price.microsPerHour() * Namespaces.gpus(CHAT, grant.variant()) * grant.replicas() / 60;
    }
    return grants;
  }

  private static Instant middle(int hour) {
    return START.plusSeconds(3600L * hour + 1800);
  }

  private static DeploymentSeen seen(LoopState state, long demand, HourlyRate price, Instant now) {
    Pool pool = Namespaces.pool(Namespaces.price(price.print(2)));
    List<VariantSeen> variants = new ArrayList<>();
    for (Variant variant : CHAT.policy().ladder()) {
      variants.add(
          VariantSeen.of(
              variant, pool, null, VariantSeen.Slo.NotDeclared, now, Namespaces.LEAVING.total()));
    }
    List<Holding> holdings = new ArrayList<>();
    for (Grant grant : state.grants()) {
      Exposure each = Exposure.fixed(price.times(Namespaces.gpus(CHAT, grant.variant())));
      int count = grant.replicas();
      holdings.add(new Holding(grant.variant(), count, count, false, each.times(count)));
    }
    String active = holdings.isEmpty() ? null : holdings.getFirst().variant();
    return new DeploymentSeen("chat", active, holdings, variants, TokensPerSecond.of(demand));
  }

  /// How often replicas of a rung return that were taken away from it.
  private static int returns(List<Grant> grants) {
    int returns = 0;
    for (int i = 1; i < grants.size(); i++) {
      Grant before = grants.get(i - 1);
      Grant after = grants.get(i);
      boolean same = before.variant().equals(after.variant());
      returns += same && after.replicas() > before.replicas() ? 1 : 0;
    }
    return returns;
  }

  private static int changes(List<Grant> grants) {
    int changes = 0;
    for (int i = 1; i < grants.size(); i++) {
      changes += grants.get(i).variant().equals(grants.get(i - 1).variant()) ? 0 : 1;
    }
    return changes;
  }

  @Test
  void shouldNotTakeReplicasAwayAndGiveThemBackWhileNothingChanges() {
    Random random = new Random(11);
    for (int i = 0; i < 6; i++) {
      long demand = 1_500L + random.nextInt(2_000);
      String amount = String.valueOf(60 + random.nextInt(120));
      List<Grant> grants = day(amount, _ -> demand, _ -> 200);

      assertThat(returns(grants)).as("$%s, %d tokens/s", amount, demand).isLessThanOrEqualTo(36);
    }
  }

  @Test
  void shouldNotPayForAReplicaOfABetterRungThatHardlyWorksWhereMoneyIsShort() {
    for (int percent = 101; percent < 140; percent++) {
      // Half a day is left, and 110 $: two cost 8 $/h, of 9 $/h that are allowed.
      int replicas = noon("220", "110", SPEED * percent / 100).replicas();

      assertThat(replicas).as("%d %% of one", percent).isEqualTo(percent < 110 ? 1 : 2);
      assertThat(noon("2000", "110", SPEED * percent / 100).replicas()).isGreaterThan(1);
    }
  }

  /// What is granted at noon to two replicas of the medium rung.
  private static Grant noon(String amount, String spent, long demand) {
    Instant now = START.plusSeconds(43_200);
    Grant grant =
        new Grant(
            "chat",
            "medium",
            2,
            0,
            HourlyRate.parse("8"),
            "WithinBudget",
            "",
            now.minusSeconds(60),
            null,
            Duration.ofMinutes(5));
    LoopState state =
        new LoopState(
            LoopState.EMPTY.heat(), List.of(grant), List.of(), null, Needs.NONE, Work.NONE, null);
    NamespacePolicy policy = Namespaces.hard(amount, Period.Day, CHAT);
    MoneySeen money =
        new MoneySeen(
            now,
            policy.calendar().containing(now),
            Money.parse(spent),
            Money.ZERO,
            false,
            List.of());
    DeploymentSeen chat = seen(state, demand, HourlyRate.parse("2"), now);
    return MoneyLoop.decide(
            new NamespaceSeen(now, money, List.of(chat), List.of(), state), policy, now)
        .grant("chat")
        .orElseThrow();
  }

  @Test
  void shouldSpendWhatQuietHoursDoNotNeedOnTheBetterRungInBusyHours() {
    // Quiet until noon, then busy: a large replica serves 2,000 tokens/s at most, 1,400 well.
    IntToLongFunction demand = minute -> minute < DAY / 2 ? 300 : 2_700;
    IntToLongFunction known = hour -> 4_000 * demand.applyAsLong(60 * hour) / 1_400;
    Work work = Work.NONE;
    for (int hour = 0; hour < 24; hour++) {
      work = work.seen(known.applyAsLong(hour), middle(hour));
    }
    List<Grant> grants = day("190", demand, _ -> 200, known, work);

    List<String> quiet =
        grants.subList(10, DAY / 2).stream().map(Grant::variant).distinct().toList();
    long large =
        grants.subList(DAY / 2, DAY).stream()
            .filter(grant -> grant.variant().equals("large") && grant.replicas() == 2)
            .count();
    assertThat(quiet).containsExactly("small");
    assertThat(large).isGreaterThan(DAY / 2 * 6 / 10);
  }

  @Test
  void shouldFollowLoadThatChangesEveryTwoHours() {
    List<Grant> grants = day("100", minute -> minute / 120 % 2 == 0 ? 3_600 : 400, _ -> 200);

    assertThat(grants.getLast().climbAfter()).isLessThanOrEqualTo(Duration.ofMinutes(40));
  }

  @Test
  void shouldFollowAPriceThatLastsNoLessThanItTakesToPayForAChangeAndNoOther() {
    List<Grant> slow = day("150", _ -> 1_900, minute -> minute / 120 % 2 == 0 ? 100 : 400);
    List<Grant> fast = day("150", _ -> 1_900, minute -> minute / 10 % 2 == 0 ? 100 : 400);

    assertThat(slow.getLast().climbAfter()).isLessThanOrEqualTo(Duration.ofMinutes(10));
    assertThat(changes(slow)).isGreaterThanOrEqualTo(8);
    assertThat(changes(fast)).isLessThanOrEqualTo(24);
    assertThat(fast.getLast().climbAfter()).isGreaterThan(Duration.ofHours(1));
  }
}
