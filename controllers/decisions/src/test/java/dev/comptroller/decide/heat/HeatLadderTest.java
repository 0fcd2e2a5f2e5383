package dev.comptroller.decide.heat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.heat.HeatVerdict.Change;
import dev.comptroller.decide.heat.HeatVerdict.Ended;
import dev.comptroller.decide.heat.HeatVerdict.Taken;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeatLadderTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final HeatStep WARN = step(60, HeatAction.Warn);
  private static final HeatStep QUEUE = step(70, HeatAction.QueueBatch);
  private static final HeatStep DOWNGRADE = step(80, HeatAction.Downgrade);
  private static final HeatStep SUSPEND = step(100, HeatAction.Suspend);
  private static final HeatLadder LADDER = new HeatLadder(List.of(WARN, QUEUE, DOWNGRADE, SUSPEND));

  private HeatState state = HeatState.EMPTY;

  private static HeatStep step(int at, HeatAction action) {
    return new HeatStep(at, HeatSource.Forecast, action, 0, Duration.ofMinutes(5), at - 10);
  }

  private HeatVerdict look(HeatLadder ladder, Heat heat, Instant now) {
    HeatVerdict verdict = ladder.next(state, heat, now);
    state = verdict.state();
    return verdict;
  }

  private HeatVerdict look(int forecast, int minute) {
    return look(LADDER, new Heat(START, 0, forecast), START.plusSeconds(60L * minute));
  }

  private static List<String> changes(HeatVerdict verdict) {
    return verdict.changes().stream()
        .map(change -> (change instanceof Taken ? "+" : "-") + change.action())
        .toList();
  }

  @Test
  void shouldTakeAStepWhenHeatStayedForItsDwellAndSayTheFigures() {
    HeatVerdict waiting = look(83, 0);
    assertThat(waiting.inForce()).isEmpty();
    assertThat(waiting.wakeAt()).contains(START.plusSeconds(300));
    assertThat(waiting.steps().get(2).message())
        .isEqualTo("Downgrade off: heat 83 % of forecast, at 80 %, release 70 %, dwell 5m left");
    assertThat(look(83, 4).changes()).isEmpty();
    HeatVerdict taken = look(84, 5);
    assertThat(changes(taken)).containsExactly("+Warn", "+QueueBatch", "+Downgrade");
    assertThat(taken.changes().getLast().message())
        .isEqualTo("Downgrade taken: heat 84 % of forecast, at 80 %, release 70 %, reached for 5m");
    assertThat(taken.depth(HeatAction.Downgrade)).isEqualTo(1);
    assertThat(taken.wakeAt()).isEmpty();
  }

  @Test
  void shouldStartWaitingAgainWhenHeatFellInBetween() {
    look(83, 0);
    look(79, 3);
    assertThat(changes(look(83, 5))).containsExactly("+Warn", "+QueueBatch");
    assertThat(changes(look(83, 10))).containsExactly("+Downgrade");
  }

  @Test
  void shouldStayInForceBetweenReleaseAndAt() {
    look(85, 0);
    look(85, 5);
    assertThat(look(70, 60).changes()).isEmpty();
    assertThat(look(70, 600).inForce()).containsExactly(WARN, QUEUE, DOWNGRADE);
  }

  @Test
  void shouldComeBackInReverseOrder() {
    look(120, 0);
    assertThat(changes(look(120, 5)))
        .containsExactly("+Warn", "+QueueBatch", "+Downgrade", "+Suspend");
    look(10, 6);
    HeatVerdict back = look(10, 11);
    assertThat(changes(back)).containsExactly("-Suspend", "-Downgrade", "-QueueBatch", "-Warn");
    assertThat(back.changes().getFirst().message())
        .isEqualTo(
            "Suspend ended: heat 10 % of forecast, at 100 %, release 90 %, under release"
                + " for 5m");
  }

  @Test
  void shouldJumpWhenTheBudgetIsLoweredBelowWhatIsSpent() {
    Window day = new Window(START, START.plus(Duration.ofDays(1)));
    Instant noon = START.plus(Duration.ofHours(12));
    Heat before = heat(day, "100", noon);
    Heat after = heat(day, "20", noon);
    assertThat(before.spentPercent()).isEqualTo(40);
    assertThat(after.spentPercent()).isEqualTo(200);
    assertThat(look(LADDER, before, noon).steps()).noneMatch(standing -> standing.due() != null);
    assertThat(look(LADDER, after, noon.plusSeconds(1)).inForce()).isEmpty();
    assertThat(look(LADDER, after, noon.plusSeconds(301)).inForce())
        .containsExactly(WARN, QUEUE, DOWNGRADE, SUSPEND);
  }

  private static Heat heat(Window window, String amount, Instant now) {
    return Heat.of(
        BudgetState.linear(
            window, Money.parse(amount), Money.parse("40"), HourlyRate.ZERO, false, now));
  }

  @Test
  void shouldEndAtOnceWithANewPeriodWhatItsFiguresDoNotCallFor() {
    HeatStep spent =
        new HeatStep(90, HeatSource.Spent, HeatAction.Throttle, 500, Duration.ofMinutes(5), 80);
    HeatLadder ladder = new HeatLadder(List.of(DOWNGRADE, spent));
    look(ladder, new Heat(START, 95, 95), START);
    assertThat(look(ladder, new Heat(START, 95, 95), START.plusSeconds(300)).inForce()).hasSize(2);
    Instant next = START.plus(Duration.ofDays(1));
    HeatVerdict verdict = look(ladder, new Heat(next, 0, 95), next);
    assertThat(changes(verdict)).containsExactly("-Throttle");
    assertThat(verdict.changes().getFirst().message())
        .isEqualTo("Throttle ended: new period, heat 0 % of spent, at 90 %, release 80 %");
    assertThat(verdict.inForce()).containsExactly(DOWNGRADE);
  }

  @Test
  void shouldKeepTheDwellAcrossANewPeriodAndOpenNoneTwice() {
    look(120, 0);
    look(120, 5);
    Instant next = START.plusSeconds(480);
    assertThat(look(LADDER, new Heat(next, 0, 0), next).changes()).isEmpty();
    assertThat(look(LADDER, new Heat(START, 0, 0), next.plusSeconds(60)).changes()).isEmpty();
    assertThat(look(LADDER, new Heat(next, 0, 0), next.plusSeconds(120)).changes()).isEmpty();
    assertThat(look(LADDER, new Heat(next, 0, 0), next.plusSeconds(300)).inForce()).isEmpty();
  }

  @Test
  void shouldTakeCoolerStepsAlongAlthoughTheyLookAtOtherHeat() {
    HeatStep spent =
        new HeatStep(50, HeatSource.Spent, HeatAction.CapOutput, 512, Duration.ofMinutes(1), 40);
    HeatLadder ladder = new HeatLadder(List.of(DOWNGRADE, spent));
    look(ladder, new Heat(START, 10, 90), START);
    HeatVerdict verdict = look(ladder, new Heat(START, 10, 90), START.plusSeconds(300));
    assertThat(changes(verdict)).containsExactly("+CapOutput", "+Downgrade");
    assertThat(verdict.changes().getFirst().message())
        .endsWith("it comes before Downgrade, which is due");
    assertThat(verdict.limit(HeatAction.CapOutput)).hasValue(512);
    assertThat(look(ladder, new Heat(START, 10, 90), START.plusSeconds(900)).inForce()).hasSize(2);
  }

  @Test
  void shouldEndAStepThatIsNoLongerDeclaredAndKeepOneThatWasEdited() {
    look(85, 0);
    look(85, 5);
    HeatLadder edited = new HeatLadder(List.of(step(84, HeatAction.Downgrade)));
    HeatVerdict verdict = look(edited, new Heat(START, 0, 83), START.plusSeconds(400));
    assertThat(changes(verdict)).containsExactly("-QueueBatch", "-Warn");
    assertThat(verdict.changes().getFirst().message())
        .isEqualTo("QueueBatch ended: step 1 of it is no longer declared");
    assertThat(verdict.depth(HeatAction.Downgrade)).isEqualTo(1);
  }

  @Test
  void shouldWaitAgainWhenTheClockIsSetBack() {
    look(85, 60);
    look(85, 65);
    look(10, 66);
    assertThat(look(10, 6).changes()).isEmpty();
    assertThat(look(10, 10).changes()).isEmpty();
    assertThat(look(10, 11).inForce()).isEmpty();
  }

  @Test
  void shouldPutAMisorderedLadderInOrder() {
    List<HeatStep> steps = new ArrayList<>(List.of(SUSPEND, DOWNGRADE, WARN, QUEUE));
    steps.add(new HeatStep(80, HeatSource.Spent, HeatAction.Warn, 0, Duration.ZERO, 1));
    HeatLadder first = new HeatLadder(steps);
    for (int seed = 0; seed < 20; seed++) {
      Collections.shuffle(steps, new Random(seed));
      assertThat(new HeatLadder(steps)).isEqualTo(first);
    }
    assertThat(first.steps().stream().map(HeatStep::at)).containsExactly(60, 70, 80, 80, 100);
  }

  @Test
  void shouldRefuseStepsThatWouldFlapOrSayNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HeatStep(80, HeatSource.Spent, HeatAction.Warn, 0, Duration.ZERO, 80))
        .withMessageContaining("release is 80 percent: need 0 or more and less than at");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new HeatStep(80, HeatSource.Spent, HeatAction.Throttle, 0, Duration.ZERO, 70))
        .withMessageContaining("Throttle has the limit 0: give 1 or more tokens");
    assertThat(HeatStep.defaultRelease(80)).isEqualTo(75);
    assertThat(HeatStep.defaultRelease(3)).isEqualTo(1);
    assertThat(HeatStep.defaultRelease(1)).isZero();
  }

  @Test
  void shouldFollowASquareWaveOnlyWhereItIsLongerThanTheDwell() {
    for (int half : new int[] {1, 2, 4, 5, 6, 15, 60, 720}) {
      state = HeatState.EMPTY;
      int changes = 0;
      int minutes = Math.max(240, half * 6);
      for (int minute = 0; minute < minutes; minute++) {
        int heat = minute / half % 2 == 0 ? 95 : 20;
        HeatVerdict verdict = look(heat, minute);
        changes += (int) downgrades(verdict);
      }
      int waves = minutes / half;
      assertThat(changes).as("half wave of %d min", half).isEqualTo(half <= 5 ? 0 : waves);
    }
  }

  private static long downgrades(HeatVerdict verdict) {
    return verdict.changes().stream()
        .filter(change -> change.action() == HeatAction.Downgrade)
        .map(Change::message)
        .count();
  }

  @Test
  void shouldForgetNothingThroughItsParts() {
    look(85, 0);
    look(85, 5);
    HeatState copy = HeatState.of(state.periodStart(), state.steps());
    assertThat(LADDER.next(copy, new Heat(START, 0, 1), START.plusSeconds(900)))
        .isEqualTo(LADDER.next(state, new Heat(START, 0, 1), START.plusSeconds(900)));
    assertThat(LADDER.next(copy, new Heat(START, 0, 1), START.plusSeconds(900)).changes())
        .noneMatch(Ended.class::isInstance);
  }
}
