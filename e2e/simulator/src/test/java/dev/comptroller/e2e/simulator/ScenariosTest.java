package dev.comptroller.e2e.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.e2e.simulator.control.Broken;
import dev.comptroller.e2e.simulator.control.Operator.Brain;
import dev.comptroller.e2e.simulator.scenario.Article;
import dev.comptroller.e2e.simulator.scenario.Ceilings;
import dev.comptroller.e2e.simulator.scenario.HardLimit;
import dev.comptroller.e2e.simulator.scenario.SquareWaves;
import dev.comptroller.e2e.simulator.scenario.SquareWaves.Wave;
import dev.comptroller.e2e.simulator.scenario.Weeks;
import dev.comptroller.e2e.simulator.world.Tally;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The promises in small worlds; `./comptroller simulate --suite NAME` has them in full size.
class ScenariosTest {
  private static final long DAY = 86_400;

  @Test
  void shouldKeepAHardLimitWhateverGoesWrongAndStillServe() {
    HardLimit.Result result = HardLimit.run(1, 6, MoneyLoop::decide);

    assertThat(result.crashes()).isPositive();
    assertThat(result.conflicts()).isPositive();
    assertThat(result.outageSeconds()).isPositive();
    assertThat(result.lostNodes()).isPositive();
    assertThat(result.failedStarts()).isPositive();
    assertThat(result.checks()).isGreaterThan(5_000);
    assertThat(result.calm()).isGreaterThan(2);
    assertThat(result.calmDays().share()).isBetween(0.95, 1.0);
    assertThat(result.calmDays().shareOfForesight())
        .isBetween(result.calmDays().share() - 0.02, 1.0);
    assertThat(result.used()).isBetween(0.97, 1.0);
  }

  @Test
  void shouldKeepAPoolUnderItsCeilingAndServeWhatTheCeilingPaysFor() {
    Ceilings.Result result = Ceilings.run(1, 7);

    assertThat(result.plannedAbove()).isZero();
    assertThat(result.longestAbove())
        .as("a price rose beyond the ceiling, and nodes left at once")
        .isBetween(1L, Ceilings.CONTROL_INTERVAL);
    assertThat(result.share()).isBetween(0.95, 1.0);
    assertThat(result.served()).as("the ceiling binds").isLessThan(0.99 * result.asked());
  }

  @Test
  void shouldGiveTheSameRunForTheSameSeedAndAnotherForAnother() {
    assertThat(fingerprint(7)).isEqualTo(fingerprint(7)).isNotEqualTo(fingerprint(8));
  }

  private static HardLimit.Result fingerprint(long seed) {
    return HardLimit.run(seed, 1, MoneyLoop::decide);
  }

  @Test
  void shouldNameTheSeedAndTheTimeWhenADecisionSpendsMoreThanThereIs() {
    Brain spendthrift =
        (seen, policy, now) -> {
          NamespaceDecision decision = MoneyLoop.decide(seen, policy, now);
          List<Grant> grants = decision.grants().stream().map(ScenariosTest::more).toList();
          return with(decision, grants);
        };

    assertThatThrownBy(() -> HardLimit.run(3, 2, spendthrift))
        .isInstanceOf(Broken.class)
        .hasMessageContaining("namespace is broken at 2026-03-0")
        .hasMessageContaining("--seed 3");
  }

  private static Grant more(Grant grant) {
    return new Grant(
        grant.deployment(),
        grant.variant(),
        Math.max(3, grant.replicas()),
        grant.surge(),
        grant.hourly(),
        grant.reason(),
        grant.message(),
        grant.changed(),
        grant.lowered(),
        grant.climbAfter());
  }

  private static NamespaceDecision with(NamespaceDecision decision, List<Grant> grants) {
    return new NamespaceDecision(
        decision.at(),
        decision.observe(),
        decision.held(),
        decision.figures(),
        decision.outlook(),
        decision.heat(),
        decision.allowed(),
        decision.reserve(),
        decision.fundedUntil(),
        grants,
        grants,
        decision.traffic(),
        decision.features(),
        decision.deployments(),
        decision.state(),
        decision.wake());
  }

  @Test
  void shouldNotFlapWithAWaveThatIsShorterThanDwellAndFollowOneThatIsMuchLonger() {
    SquareWaves.Run fast = SquareWaves.run(Wave.Price, 60, 3, 1, MoneyLoop::decide);
    SquareWaves.Run slow = SquareWaves.run(Wave.Price, DAY / 2, 48, 1, MoneyLoop::decide);

    // A change inside dwell would have broken the run.
    assertThat(fast.changes()).isLessThanOrEqualTo(2);
    assertThat(slow.downgrades()).isPositive();
    assertThat(slow.changes() - slow.downgrades()).isPositive();
  }

  @Test
  void shouldLeaveDearRungsBeforePricesRiseAsDeclared() {
    SquareWaves.Result hourly =
        SquareWaves.run(Wave.Price, 3_600, 48, 1, MoneyLoop::decide).judged();
    SquareWaves.Result late =
        SquareWaves.run(Wave.PriceAtShortNotice, 900, 48, 1, MoneyLoop::decide).judged();

    // Changes that begin when a rise is there cost 15 %, and 12.3 %.
    assertThat(hourly.regret()).isBetween(0.0, 0.05);
    assertThat(late.regret()).isBetween(0.0, 0.04);
  }

  @Test
  void shouldVisitTheBetterRungForTheCheapQuartersOfAnHourWherePricesTriple() {
    SquareWaves.Result result =
        SquareWaves.run(Wave.Price, 1_800, 48, 1, MoneyLoop::decide).judged();

    // By the mean of these prices it is 9.4 %.
    assertThat(result.regret()).isBetween(0.0, 0.065);
    assertThat(result.run().changes()).isGreaterThan(48);
  }

  @Test
  void shouldPlanWithPricesThatCameAndWentAsIfTheyWereDeclaredToGoOn() {
    SquareWaves.Result result =
        SquareWaves.run(Wave.PriceAtShortNotice, 3_600, 48, 1, MoneyLoop::decide).judged();

    // 6.7 % where the last declared price is taken to stay for the rest of the day; 6.1 % where old
    // replicas stay for a minute though their streams have ended.
    assertThat(result.regret()).isBetween(0.0, 0.06);
  }

  @Test
  void shouldBeReadyForLoadThatComesAgainEveryHalfHour() {
    SquareWaves.Result result =
        SquareWaves.run(Wave.Load, 1_800, 24, 1, MoneyLoop::decide).judged();

    Tally total = result.run().simulation().total();
    // Without knowing that it comes again 7.8 % are refused, and the regret is 31 %.
    assertThat(total.refused() / total.arrived()).isLessThan(0.03);
    // While replicas stay for two minutes after each fall it is 16.6 %.
    assertThat(result.regret()).isBetween(0.0, 0.15);
  }

  @Test
  void shouldBeReadyForLoadThatComesEveryDayAtTheSameMinutes() {
    SquareWaves.Run run = SquareWaves.run(Wave.Load, 4 * 3_600, 72, 1, MoneyLoop::decide);

    Tally total = run.simulation().total();
    // Without knowing the minutes of the days before 3.3 % are refused.
    assertThat(total.refused() / total.arrived()).isBetween(0.01, 0.03);
  }

  @Test
  void shouldServeLoadThatComesAgainEveryQuarterOfAnHourByTheRungThatItIsWorth() {
    SquareWaves.Result result = SquareWaves.run(Wave.Load, 900, 48, 1, MoneyLoop::decide).judged();

    // Where money goes by what is asked for at the moment it is 11 %, and a lower rung serves.
    assertThat(result.regret()).isPositive().isLessThanOrEqualTo(0.08);
    assertThat(result.regret()).isGreaterThanOrEqualTo(result.regretOfPlan());
  }

  @Test
  void shouldServeWavesWithinAMinuteByWhatTheirBusiestQuarterAsksFor() {
    SquareWaves.Result result = SquareWaves.run(Wave.Load, 60, 48, 1, MoneyLoop::decide).judged();

    // By what whole minutes ask for, one of the best rung waits through half of each: 91 %. The
    // first day costs 5.5 % by itself: each of its hours is new.
    assertThat(result.regret()).isBetween(0.0, 0.05);
  }

  @Test
  void shouldDoNothingWhereTheBudgetDoesNotBind() {
    Weeks.Result result = Weeks.run(Weeks.Shape.Quiet, 130, 1, MoneyLoop::decide);

    assertThat(result.actions()).isFalse();
    assertThat(result.changes()).isZero();
    assertThat(result.cost()).isLessThanOrEqualTo(1.02);
  }

  @Test
  void shouldUseABindingBudgetUpNearlyAsWellAsForesightDoes() {
    Weeks.Result result = Weeks.run(Weeks.Shape.Bursty, 40, 1, MoneyLoop::decide);

    assertThat(result.actions()).isTrue();
    assertThat(result.used()).isBetween(0.97, 1.0);
    assertThat(result.share()).isBetween(0.97, 1.0);
    assertThat(result.share()).isLessThan(1).isLessThanOrEqualTo(result.shareOfPlan());
  }

  @Test
  void shouldBillTheWorkedExampleAndShareWhatItsLeversSaveExactly() {
    Article.Result flat = Article.run(Article.Shape.Flat, 1, MoneyLoop::decide);

    assertThat(flat.fractionalMicros()).isBetween(28_000_000_000L, 28_600_000_000L);
    assertThat(flat.wholeMicros()).isEqualTo(3L * 19_000_000 * 24 * 30);
    assertThat(flat.shares().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(flat.wholeMicros() - flat.allMicros());
    assertThat(flat.inOrder().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(flat.wholeMicros() - flat.allMicros());
    assertThat(flat.served()).isGreaterThan(0.999);
    assertThat(flat.missed()).isEmpty();
  }

  @Test
  void shouldSayWhichFigureOfTheWorkedExampleIsMissed() {
    List<Long> levers = List.of(3L, 2L, 1L);
    Article.Result off =
        new Article.Result(
            Article.Shape.Flat, 29, 28_000_000_000L, 41_040_000_001L, levers, levers, 7, 1);

    assertThat(off.missed())
        .containsExactly(
            "in fractions of pods 28000000000 micro-dollars, goal 28500000000 within 1 %",
            "in whole pods 41040000001 micro-dollars, goal 41040000000 of three pods",
            "levers in their order sum to 6 micro-dollars, all of them save 41039999994",
            "Shapley shares sum to 6 micro-dollars, all of them save 41039999994");
  }
}
