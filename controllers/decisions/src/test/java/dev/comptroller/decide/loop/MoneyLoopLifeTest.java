package dev.comptroller.decide.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Namespaces lived under the decision: what must hold at every second, and what must come out.
class MoneyLoopLifeTest {
  private static final Instant START = Instant.parse("2026-03-02T00:00:00Z");
  private static final int LIVES = Integer.getInteger("comptroller.lives", 25);

  @Test
  void shouldNeverSpendPastTheAmountOfAHardBudgetNorChangeARungWithinItsDwell() {
    AtomicInteger served = new AtomicInteger();
    AtomicInteger stopped = new AtomicInteger();
    for (long seed = 0; seed < LIVES; seed++) {
      Random random = new Random(seed);
      Life life = life(random);
      NamespacePolicy policy = life.policy;
      long about = seed;
      for (int minute = 0; minute < 120; minute++) {
        life.until(
            START.plusSeconds(60L * (minute + 1)),
            decision -> {
              assertThat(Life.spent(life.purse))
                  .as("seed %d at %s", about, life.now)
                  .isLessThanOrEqualTo(policy.amount());
              decision.grants().stream()
                  .filter(grant -> grant.replicas() > 0)
                  .forEach(_ -> served.incrementAndGet());
              if (decision.traffic().suspended()) {
                stopped.incrementAndGet();
              }
            });
        assertThat(Life.spent(life.purse))
            .as("seed %d at %s", about, life.now)
            .isLessThanOrEqualTo(policy.amount());
      }
    }
    assertThat(served.get()).isGreaterThan(LIVES * 100);
    assertThat(stopped.get()).isGreaterThan(LIVES);
  }

  @Test
  void shouldNeverSpendPastTheAmountWhereOtherNamespacesChargeAsWell() {
    long charged = 0;
    long amounts = 0;
    for (long seed = 0; seed < LIVES; seed++) {
      Random random = new Random(seed);
      Life life = life(random);
      NamespacePolicy policy = life.policy;
      long most = policy.amount().micros();
      // As much as there is all the time, or nothing for long and then all at once.
      boolean steady = seed % 2 == 0;
      life.appetite = () -> steady || random.nextInt(400) == 0 ? most * 3_600 : 0;
      for (int minute = 0; minute < 120; minute++) {
        life.until(START.plusSeconds(60L * (minute + 1)), _ -> {});
        assertThat(Life.spent(life.purse).plus(life.charges()))
            .as("seed %d at %s", seed, life.now)
            .isLessThanOrEqualTo(policy.amount());
      }
      charged += steady ? life.charged.values().stream().mapToLong(Long::longValue).sum() : 0;
      amounts += steady ? most : 0;
    }
    // What others charge is not starved either.
    assertThat((double) charged / amounts).isGreaterThan(0.3);
  }

  @Test
  void shouldUseTheAmountUpWhereItBinds() {
    // Two large cost 16 $/h for 24 hours; the amount pays for 40 % of that.
    NamespacePolicy policy =
        Namespaces.hard(
            "150",
            Period.Day,
            Namespaces.deployment(
                "chat", 100, 2, null, Namespaces.LARGE, Namespaces.MEDIUM, Namespaces.SMALL));
    Life life = new Life(policy, Namespaces.pool(Namespaces.price("2.00")), START, 10, 60, 0, 0);
    life.until(START.plus(Duration.ofDays(3)).plusSeconds(5), _ -> {});
    assertThat(life.periods)
        .hasSize(3)
        .allSatisfy(spent -> assertThat(spent.micros() / 150e6).isBetween(0.97, 1.0));
    assertThat(life.changes).isBetween(2, 9);
  }

  @Test
  void shouldDoNothingWhereTheBudgetDoesNotBind() {
    NamespacePolicy policy =
        Namespaces.hard(
            "400",
            Period.Day,
            Namespaces.deployment("chat", 100, 2, null, Namespaces.LARGE, Namespaces.SMALL));
    Life life = new Life(policy, Namespaces.pool(Namespaces.price("2.00")), START, 10, 60, 0, 0);
    life.until(
        START.plus(Duration.ofDays(3)).plusSeconds(5),
        decision -> {
          Grant grant = decision.grants().getFirst();
          assertThat(grant.variant() + "*" + grant.replicas()).isEqualTo("large*2");
          assertThat(decision.traffic()).isEqualTo(Traffic.OPEN);
        });
    assertThat(life.changes).isZero();
    assertThat(life.periods).hasSize(3);
  }

  @Test
  void shouldNotFlapThroughItsOwnHeatWhenADowngradeCoolsTheForecast() {
    NamespacePolicy base =
        Namespaces.hard(
            "200",
            Period.Day,
            Namespaces.deployment("chat", 100, 2, null, Namespaces.LARGE, Namespaces.SMALL));
    HeatLadder ladder =
        new HeatLadder(List.of(Namespaces.step(90, HeatSource.Forecast, HeatAction.Downgrade, 5)));
    for (boolean hard : new boolean[] {true, false}) {
      NamespacePolicy policy = Namespaces.with(base, ladder, hard, false);
      Life life = new Life(policy, Namespaces.pool(Namespaces.price("2.00")), START, 10, 60, 0, 0);
      life.until(START.plus(Duration.ofDays(2)), _ -> {});
      // 16 $/h is 192 % of the amount, 4 $/h is 48 %: down, up once that pays for the rest.
      assertThat(life.changes).as("hard %s: %s", hard, life.log).isBetween(2, 5);
    }
  }

  /// A namespace with a pool, looked at as often and as late as chance wants.
  private static Life life(Random random) {
    int look = 5 + random.nextInt(40);
    int delay = random.nextInt(30);
    int lag = random.nextInt(10);
    Leaving leaving =
        new Leaving(
            Duration.ofSeconds(Math.max(look, lag) + 1L),
            Duration.ofSeconds(lag + random.nextInt(60)),
            Duration.ofSeconds(random.nextInt(30)));
    NamespacePolicy policy = Namespaces.with(Namespaces.draw(random), leaving);
    Pool pool = Namespaces.drawPool(random, START, 7_200);
    return new Life(policy, pool, START, 1, look, delay, lag);
  }
}
