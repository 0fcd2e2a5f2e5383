package dev.comptroller.decide.scale;

import static dev.comptroller.decide.scale.Deployments.LARGE;
import static dev.comptroller.decide.scale.Deployments.NOW;
import static dev.comptroller.decide.scale.Deployments.SMALL;
import static dev.comptroller.decide.scale.Deployments.START;
import static dev.comptroller.decide.scale.Deployments.policy;
import static dev.comptroller.decide.scale.Deployments.rung;
import static dev.comptroller.decide.scale.Deployments.rungs;
import static dev.comptroller.decide.scale.Deployments.running;
import static dev.comptroller.decide.scale.Deployments.steady;
import static dev.comptroller.decide.scale.Deployments.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.scale.ScaleDecision.Reason;
import dev.comptroller.decide.share.Share;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AutoscalerTest {
  private static final Duration ENOUGH = START.dividedBy(6);

  private static ScaleDecision decide(
      @Nullable DemandSeen demand, ScalePolicy policy, ScaleState state, Instant now) {
    int large = "large".equals(state.variant()) ? state.replicas() : 0;
    int small = "small".equals(state.variant()) ? state.replicas() : 0;
    return Autoscaler.next(new ScaleSeen(demand, rungs(large, small)), policy, state, now);
  }

  private static DemandSeen idleSince(Instant last) {
    DemandSeen nothing = steady(0);
    return new DemandSeen(0, nothing.minutes(), NOW, nothing.profile(), 0, 0, List.of(), last);
  }

  private static ScaleDecision.Target target(ScaleDecision decision) {
    return Objects.requireNonNull(decision.target());
  }

  /// A rung whose replicas share what comes: one alone serves 2,800 of 3,500 tokens/s safely.
  private static RungSeen sharing(double growth, int running) {
    RungSeen alone = rung("large", "19", 2_800, running, 100);
    return new RungSeen(
        alone.variant(),
        alone.perReplica(),
        alone.safe(),
        new RungSeen.Pooled(64, TokensPerSecond.of(3_500), growth),
        true,
        running,
        100,
        START,
        null);
  }

  @Test
  void shouldRunAsManyReplicasAsTheDemandNeedsAtTheRateThatKeepsTheSlo() {
    ScaleDecision decision = decide(steady(5_500), policy(1, 8), running(1), NOW);
    assertThat(decision.variant()).isEqualTo("large");
    assertThat(decision.replicas()).isEqualTo(2);
    assertThat(decision.reason()).isEqualTo(Reason.Demand);
    assertThat(decision.explanation().summary())
        .isEqualTo(
            "2 x large for $38.00/h: 5500 tokens/s expected within 195 s as now, +0 %; one replica"
                + " of large serves 2800 tokens/s, so 2 are needed");
    assertThat(decide(steady(5_700), policy(1, 8), running(1), NOW).replicas()).isEqualTo(3);
  }

  @Test
  void shouldKeepPlacesFreeBesideWhatIsUsualAndFillThemWithTheMostThatMayCome() {
    RungSeen alone = rung("large", "19", 2_800, 0, 100);
    RungSeen shared = sharing(0.5, 0);
    assertThat(RungNeed.replicas(shared, new Capacity(28_000, 28_000, 1, 1))).isEqualTo(9);
    assertThat(RungNeed.replicas(shared, new Capacity(28_000, 31_500, 1, 1))).isEqualTo(9);
    assertThat(RungNeed.replicas(shared, new Capacity(28_000, 31_501, 1, 1))).isEqualTo(10);
    // Where nothing is known of its places, each serves what keeps the promise alone.
    assertThat(RungNeed.replicas(alone, new Capacity(28_000, 31_501, 1, 1))).isEqualTo(12);
  }

  @Test
  void shouldKeepMorePlacesFreeWhereRequestsComeInBunches() {
    RungSeen shared = sharing(0.5, 0);
    // One alone keeps a fifth free, two fifths where chance is twice as large.
    assertThat(RungNeed.replicas(shared, new Capacity(2_100, 2_100, 1, 1))).isEqualTo(1);
    assertThat(RungNeed.replicas(shared, new Capacity(2_100, 2_100, 2, 2))).isEqualTo(1);
    assertThat(RungNeed.replicas(shared, new Capacity(2_101, 2_101, 2, 2))).isEqualTo(2);
    // Ten times as many: 512 places and 40 to spare, or 80.
    assertThat(RungNeed.replicas(shared, new Capacity(28_000, 28_000, 1, 1))).isEqualTo(9);
    assertThat(RungNeed.replicas(shared, new Capacity(28_000, 28_000, 2, 2))).isEqualTo(10);
    // However uneven they are, one more serves them.
    assertThat(RungNeed.replicas(shared, new Capacity(350, 350, 100, 100))).isEqualTo(1);
    assertThat(RungNeed.replicas(shared, new Capacity(351, 351, 100, 100))).isEqualTo(2);
  }

  @Test
  void shouldFillReplicasThatShareMoreThanOneAloneWhereOnlyTheSurplusIsLate() {
    RungSeen shared = sharing(0.5, 0);

    assertThat(RungNeed.replicas(shared, new Capacity(2_800, 2_800, 1, 0.4))).isEqualTo(1);
    assertThat(RungNeed.replicas(shared, new Capacity(2_801, 2_801, 1, 0.4))).isEqualTo(2);
    assertThat(RungNeed.replicas(shared, new Capacity(29_500, 29_500, 1, 1))).isEqualTo(10);
    assertThat(RungNeed.replicas(shared, new Capacity(29_500, 29_500, 1, 0.4))).isEqualTo(9);
  }

  @Test
  void shouldSayThatRequestsComeInBunchesAndRunMoreForIt() {
    RungSeen large = sharing(0.5, 3);
    List<Double> level = Collections.nCopies(90, 9_000.0);
    List<Double> even = Collections.nCopies(90, 600.0);
    List<Double> bunches = new ArrayList<>();
    for (int i = 0; i < 90; i++) {
      bunches.add(600.0 + 20 * (i % 2 == 0 ? 1 : -1));
    }
    ScaleDecision calm = decide(counted(level, even), large);
    ScaleDecision bunched = decide(counted(level, bunches), large);
    assertThat(calm.replicas()).isEqualTo(3);
    assertThat(calm.explanation().summary()).doesNotContain("bunches");
    assertThat(bunched.replicas()).isEqualTo(4);
    assertThat(bunched.explanation().summary())
        .contains(", in bunches (their number varies by 4.0 times its mean);");
  }

  @Test
  void shouldServeTheQuarterOfTheMinuteThatMostOfItComesIn() {
    DemandSeen even = steady(3_000);
    DemandSeen waves =
        new DemandSeen(
            even.latest(),
            even.minutes(),
            List.of(),
            List.of(),
            new Pulse(1.8),
            even.until(),
            even.profile(),
            0,
            0,
            List.of(),
            NOW);
    ScaleDecision decision = decide(waves, policy(1, 8), running(2), NOW);

    assertThat(decide(even, policy(1, 8), running(2), NOW).replicas()).isEqualTo(2);
    assertThat(decision.replicas()).as("5,400 tokens/s, 2,800 each").isEqualTo(2);
    assertThat(decide(waves, policy(1, 8), running(1), NOW).replicas()).isEqualTo(2);
    assertThat(decision.explanation().summary())
        .contains("5400 tokens/s expected", "in waves (1.8 times as much in the same 15 s of")
        .contains("so 2 are needed");
    assertThat(Objects.requireNonNull(decision.outlook()).need()).isEqualTo(5_400);
  }

  private static DemandSeen counted(List<Double> minutes, List<Double> requests) {
    return new DemandSeen(
        minutes.getLast(),
        minutes,
        List.of(),
        requests,
        Pulse.EVEN,
        NOW,
        WeekProfile.UNKNOWN,
        0,
        0,
        List.of(),
        NOW);
  }

  private static ScaleDecision decide(DemandSeen demand, RungSeen large) {
    return Autoscaler.next(new ScaleSeen(demand, List.of(large)), policy(1, 8), running(3), NOW);
  }

  @Test
  void shouldNeedFewerReplicasWhereManyShareWhatComes() {
    // One alone serves 2,800 of 3,500 tokens/s safely: a fifth of its places is for chance.
    RungSeen alone = rung("large", "19", 2_800, 0, 100);
    RungSeen shared = sharing(0.5, 0);
    assertThat(RungNeed.replicas(shared, 2_800)).isEqualTo(1);
    assertThat(RungNeed.replicas(shared, 2_801)).isEqualTo(2);
    // Ten times as many need ten replicas alone; together 512 places and 40 to spare: nine.
    assertThat(RungNeed.replicas(alone, 28_000)).isEqualTo(10);
    assertThat(RungNeed.replicas(shared, 28_000)).isEqualTo(9);
    assertThat(RungNeed.replicas(alone, 280_000)).isEqualTo(100);
    assertThat(RungNeed.replicas(shared, 280_000)).isEqualTo(82);
  }

  @Test
  void shouldKeepAsMuchFreeForChanceAsReplicasThatShareNeed() {
    long[] needed = new long[3];
    double[] growths = {0, 0.2, 0.5};
    for (int i = 0; i < growths.length; i++) {
      RungSeen shared = sharing(growths[i], 0);
      // Whatever sharing is worth, one serves what keeps the promise alone.
      assertThat(RungNeed.replicas(shared, 2_800)).isEqualTo(1);
      assertThat(RungNeed.replicas(shared, 2_801)).isEqualTo(2);
      needed[i] = RungNeed.replicas(shared, 280_000);
    }
    // 80 full ones and a fifth of one; and half of one more; and two.
    assertThat(needed).containsExactly(81, 81, 82);
    assertThatThrownBy(() -> new RungSeen.Pooled(64, TokensPerSecond.of(3_500), 0.6))
        .hasMessageContaining("growth is 0.6: need 0 to 0.5");
  }

  @Test
  void shouldSayWhichBorderBinds() {
    ScaleDecision most = decide(steady(50_000), policy(1, 8), running(1), NOW);
    assertThat(most.replicas()).isEqualTo(8);
    assertThat(most.reason()).isEqualTo(Reason.Maximum);
    assertThat(most.explanation().binding()).isEqualTo("scaling.maxReplicas 8");
    ScaleDecision least = decide(steady(100), policy(2, 8), running(2), NOW);
    assertThat(least.replicas()).isEqualTo(2);
    assertThat(least.reason()).isEqualTo(Reason.Minimum);
    assertThat(least.explanation().binding()).isEqualTo("scaling.minReplicas 2");
  }

  @Test
  void shouldTakeReplicasAwayOnlyWhenFewerWereEnoughForTheWholeWindow() {
    ScaleState state = running(4);
    Instant now = NOW;
    // Four are needed for the last time here.
    ScaleDecision decision = decide(steady(11_000), policy(1, 8), state, now);
    assertThat(decision.replicas()).isEqualTo(4);
    state = decision.state();
    Instant last = now;
    while (now.isBefore(last.plus(ENOUGH))) {
      now = now.plusSeconds(15);
      decision = decide(steady(2_000), policy(1, 8), state, now);
      state = decision.state();
      if (!now.isAfter(last.plus(ENOUGH))) {
        assertThat(decision.replicas()).as("at %s", now).isEqualTo(4);
        assertThat(decision.reason()).isEqualTo(Reason.Settling);
      }
    }
    decision = decide(steady(2_000), policy(1, 8), state, now.plusSeconds(15));
    assertThat(decision.replicas()).isEqualTo(1);
  }

  @Test
  void shouldNotLetReplicasGoAndComeByChanceAlone() {
    int left = 0;
    for (int mean = 1_900; mean <= 2_900; mean += 100) {
      Random random = new Random(mean);
      List<Double> minutes = new ArrayList<>();
      for (int i = 0; i < 240; i++) {
        minutes.add(mean * (1 + 0.03 * random.nextGaussian()));
      }
      ScaleState state = running(1);
      for (int i = 60; i < minutes.size(); i++) {
        Instant now = NOW.plusSeconds(60L * i);
        DemandSeen seen =
            new DemandSeen(
                minutes.get(i - 1),
                minutes.subList(i - 60, i),
                now,
                WeekProfile.UNKNOWN,
                0,
                0,
                List.of(),
                now);
        ScaleState next = decide(seen, policy(1, 8), state, now).state();
        left += next.replicas() < state.replicas() ? 1 : 0;
        state = next;
      }
    }
    assertThat(left).as("replicas that left in 33 hours").isLessThan(50);
  }

  @Test
  void shouldLetAReplicaGoWhereFewerAreEnoughForLongThoughChanceMayAskForMore() {
    ScaleState state = running(2);
    Random random = new Random(3);
    List<Double> minutes = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      minutes.add(2_000 * (1 + 0.08 * random.nextGaussian()));
    }
    RungSeen large = rung("large", "19", 2_800, 2, 10);
    int left = -1;
    for (int i = 0; i <= 40 && left < 0; i++) {
      Instant now = NOW.plusSeconds(15L * i);
      // What is asked for now stays below what one serves, the margin with it.
      DemandSeen seen =
          new DemandSeen(2_250, minutes, now, WeekProfile.UNKNOWN, 0, 0, List.of(), now);
      ScaleDecision decision =
          Autoscaler.next(new ScaleSeen(seen, List.of(large)), policy(1, 8), state, now);
      left = decision.replicas() == 1 ? i : -1;
      state = decision.state();
    }
    assertThat(15 * left).isEqualTo(360);
  }

  @Test
  void shouldSayHowMuchMoreFewerMustBeEnoughFor() {
    Random random = new Random(3);
    List<Double> minutes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      minutes.add(2_000 * (1 + 0.02 * random.nextGaussian()));
    }
    DemandSeen seen =
        new DemandSeen(2_000, minutes, NOW, WeekProfile.UNKNOWN, 0, 0, List.of(), NOW);
    ScaleDecision decision = decide(seen, policy(1, 8), running(4), NOW);
    assertThat(decision.reason()).isEqualTo(Reason.Settling);
    assertThat(decision.explanation().binding())
        .matches(
            "scaling down only when fewer were enough for 30 s with (2\\.[5-9]|3\\.[0-5]) % to spare"
                + " for chance, or for 360 s");
  }

  @Test
  void shouldNotTakeReplicasAwayAfterARestartBeforeItSawAWholeWindow() {
    ScaleState state = running(4);
    for (int second = 0; second < ENOUGH.toSeconds(); second += 15) {
      ScaleDecision decision = decide(steady(2_000), policy(1, 8), state, NOW.plusSeconds(second));
      assertThat(decision.replicas()).as("after %d s", second).isEqualTo(4);
      state = decision.state();
    }
  }

  @Test
  void shouldChangeNothingWhereTheDemandIsNotKnown() {
    ScaleDecision decision = decide(null, policy(1, 8), running(3), NOW);
    assertThat(decision.replicas()).isEqualTo(3);
    assertThat(decision.reason()).isEqualTo(Reason.NoSignal);
    assertThat(decide(null, policy(1, 8), ScaleState.NEW, NOW).replicas()).isEqualTo(1);
    assertThat(decide(null, policy(0, 8), ScaleState.NEW, NOW).replicas()).isZero();
  }

  @Test
  void shouldForgetWhatWasNeededWhileTheDemandWasNotKnown() {
    ScaleState before = decide(steady(11_000), policy(1, 8), running(4), NOW).state();
    ScaleState gap = decide(null, policy(1, 8), before, NOW.plusSeconds(15)).state();
    Instant later = NOW.plus(START).plusSeconds(30);
    assertThat(decide(steady(100), policy(1, 8), gap, later).replicas()).isEqualTo(4);
  }

  @Test
  void shouldChangeNothingWhereTheSpeedIsNotKnown() {
    RungSeen unknown = new RungSeen("large", null, null, null, false, 3, 9, START, null);
    ScaleDecision decision =
        Autoscaler.next(
            new ScaleSeen(steady(9_000), List.of(unknown)), policy(1, 8), running(3), NOW);
    assertThat(decision.replicas()).isEqualTo(3);
    assertThat(decision.reason()).isEqualTo(Reason.SpeedUnknown);
  }

  @Test
  void shouldKeepWhatSomebodySetByHand() {
    ScaleDecision decision = decide(steady(50_000), policy(1, 8, null, 2), running(1), NOW);
    assertThat(decision.replicas()).isEqualTo(2);
    assertThat(decision.reason()).isEqualTo(Reason.SetByOwner);
    assertThat(decision.explanation().binding()).isEqualTo("spec.replicas");
  }

  @Test
  void shouldGoToZeroWhenNobodyAskedForAnythingForTheIdleTimeout() {
    ScalePolicy policy = policy(0, 8);
    Instant last = NOW.minus(policy.idleTimeout());
    assertThat(decide(idleSince(last.plusSeconds(1)), policy, running(1), NOW).replicas())
        .isEqualTo(1);
    ScaleDecision idle = decide(idleSince(last), policy, running(1), NOW);
    assertThat(idle.replicas()).isZero();
    assertThat(idle.reason()).isEqualTo(Reason.Idle);
    assertThat(idle.explanation().binding()).isEqualTo("scaling.idleTimeout 600 s");
  }

  @Test
  void shouldNotGoToZeroBeforeAsLongAsAStartTakes() {
    ScalePolicy base = policy(0, 8);
    ScalePolicy hasty =
        Deployments.policy(base.deployment(), List.of(), Duration.ofSeconds(30), false, true);
    Instant last = NOW.minus(START);
    assertThat(decide(idleSince(last.plusSeconds(1)), hasty, running(1), NOW).replicas())
        .isEqualTo(1);
    assertThat(decide(idleSince(last), hasty, running(1), NOW).replicas()).isZero();
  }

  @Test
  void shouldNotWaitForTheMinuteAfterTheLastRequestToEnd() {
    ScalePolicy hasty =
        Deployments.policy(
            policy(0, 8).deployment(), List.of(), Duration.ofSeconds(30), false, true);
    DemandSeen quiet = idleSince(NOW.minus(START));
    DemandSeen ended =
        new DemandSeen(
            500, quiet.minutes(), NOW, quiet.profile(), 0, 0, List.of(), quiet.lastRequest());
    assertThat(decide(ended, hasty, running(1), NOW).replicas()).isZero();
    DemandSeen works = ended.requestedAt(NOW);
    assertThat(works.requestedAt(NOW.minusSeconds(9))).isEqualTo(works);
    assertThat(decide(works, hasty, running(1), NOW).replicas()).isEqualTo(1);
  }

  @Test
  void shouldNotStartAReplicaThatNobodyEverAskedFor() {
    DemandSeen never = steady(0);
    assertThat(never.lastRequest()).isNull();
    assertThat(decide(never, policy(0, 8), ScaleState.NEW, NOW).replicas()).isZero();
  }

  @Test
  void shouldComeBackFromZeroForARequestThatWaits() {
    ScaleState zero = ScaleState.resumed("large", 0, null);
    assertThat(
            decide(idleSince(NOW.minus(Duration.ofHours(2))), policy(0, 8), zero, NOW).replicas())
        .isZero();
    ScaleDecision woken = decide(waiting(1, 500), policy(0, 8), zero, NOW);
    assertThat(woken.replicas()).isEqualTo(1);
    assertThat(woken.reason()).isEqualTo(Reason.Waiting);
    assertThat(woken.explanation().summary()).contains("1 requests wait");
    // 400,000 tokens of waiting work take one replica more than two minutes.
    assertThat(decide(waiting(300, 400_000), policy(0, 8), zero, NOW).replicas()).isEqualTo(3);
  }

  @Test
  void shouldStartTheReplicasOfAScheduleBeforeItBegins() {
    Schedule morning =
        new Schedule(
            "office",
            ZoneOffset.UTC,
            Set.of(DayOfWeek.MONDAY),
            LocalTime.of(13, 0),
            LocalTime.of(17, 0),
            4);
    ScalePolicy base = policy(1, 8);
    ScalePolicy scheduled =
        Deployments.policy(base.deployment(), List.of(morning), base.idleTimeout(), false, true);
    Instant begins = Instant.parse("2026-03-02T13:00:00Z");
    assertThat(
            decide(steady(100), scheduled, running(1), begins.minus(START).minusSeconds(1))
                .replicas())
        .isEqualTo(1);
    ScaleDecision early = decide(steady(100), scheduled, running(1), begins.minus(START));
    assertThat(early.replicas()).isEqualTo(4);
    assertThat(early.explanation().binding())
        .isEqualTo("minReplicas 4 of scaling.schedules[office]");
    ScaleDecision looked = decide(steady(100), scheduled, running(1), begins.minusSeconds(185));
    assertThat(looked.wake()).isEqualTo(begins.minus(START));
  }

  @Test
  void shouldServeALowerRungWhereOnlyThatMeetsTheTargetCpm() {
    // At 2,000 tokens/s a target of $2 allows $14.40/h: one large costs $19, one small $4.75.
    ScaleDecision decision = decide(steady(2_000), policy(1, 8, "2", null), running(1), NOW);
    assertThat(decision.variant()).isEqualTo("small");
    assertThat(decision.replicas()).isEqualTo(1);
    assertThat(target(decision).met()).isTrue();
    assertThat(decision.explanation().candidates().getFirst().verdict())
        .isEqualTo("target CPM allows $14.40/h");
    // At $3 it allows $21.60/h.
    assertThat(decide(steady(2_000), policy(1, 8, "3", null), running(1), NOW).variant())
        .isEqualTo("large");
  }

  @Test
  void shouldClimbOnlyWithATenthToSpareAndKeepARungForItsDwell() {
    ScaleState low = ScaleState.resumed("small", 1, NOW.minus(Duration.ofDays(1)));
    // $19.08/h and $21.24/h are allowed.
    assertThat(decide(steady(2_650), policy(1, 8, "2", null), low, NOW).variant())
        .isEqualTo("small");
    assertThat(decide(steady(2_799), policy(1, 8, "2.12", null), low, NOW).variant())
        .isEqualTo("large");
    ScaleState fresh = ScaleState.resumed("small", 1, NOW.minusSeconds(30));
    assertThat(decide(steady(2_799), policy(1, 8, "2.12", null), fresh, NOW).variant())
        .isEqualTo("small");
  }

  @Test
  void shouldKeepQualityAndNameWhatBindsWhereNoRungMeetsTheTarget() {
    ScaleDecision decision = decide(steady(2_000), policy(1, 8, "0.1", null), running(1), NOW);
    assertThat(decision.variant()).isEqualTo("large");
    assertThat(target(decision).met()).isFalse();
    assertThat(target(decision).message())
        .isEqualTo(
            "CPM $2.64 expected: 1 x large for $19.00/h at 2000 tokens/s; target $0.10 allows"
                + " $0.72/h: bound by the price: one replica of small costs $4.75/h, CPM $0.24 when"
                + " full (5600 tokens/s)");
    ScaleDecision little = decide(steady(10), policy(1, 8, "1", null), running(1), NOW);
    assertThat(target(little).message()).contains("bound by the demand, too little for 1 of them");
  }

  @Test
  void shouldNotGoLowerWhereTheOwnerForbidsIt() {
    ScalePolicy base = policy(1, 8, "2", null);
    ScalePolicy kept =
        Deployments.policy(base.deployment(), List.of(), base.idleTimeout(), false, false);
    ScaleDecision decision = decide(steady(2_000), kept, running(1), NOW);
    assertThat(decision.variant()).isEqualTo("large");
    assertThat(target(decision).met()).isFalse();
    assertThat(target(decision).message())
        .contains("bound by the rungs that may serve", "below them $4.75/h");
    assertThat(decision.explanation().candidates().getLast().verdict())
        .isEqualTo("lower than large, and downgrade.allowed is false");
  }

  @Test
  void shouldNeverServeBelowTheQualityFloor() {
    ScalePolicy base = policy(1, 8, "2", null);
    Policy floored =
        new Policy(
            "team",
            "chat",
            List.of(LARGE, SMALL),
            "large",
            1,
            new Scaling(1, 8),
            base.deployment().targetCpm());
    ScalePolicy policy = Deployments.policy(floored, List.of(), base.idleTimeout(), false, true);
    ScaleDecision decision = decide(steady(2_000), policy, running(1), NOW);
    assertThat(decision.variant()).isEqualTo("large");
    assertThat(decision.explanation().candidates().getLast().verdict())
        .isEqualTo("below the quality floor large");
  }

  @Test
  void shouldOnlySayWhatItWouldDoWhereItObserves() {
    ScalePolicy base = policy(1, 8);
    ScalePolicy observing =
        Deployments.policy(base.deployment(), List.of(), base.idleTimeout(), true, true);
    ScaleDecision decision = decide(steady(11_000), observing, running(1), NOW);
    assertThat(decision.replicas()).isEqualTo(1);
    assertThat(decision.would()).isEqualTo(4);
    assertThat(decision.explanation().summary())
        .startsWith("1 stay (Observe), it would run 4 x large: ");
  }

  @Test
  void shouldServeTheNextBestWhereThePoolHasNoRoom() {
    List<RungSeen> rungs =
        List.of(rung("large", "19", 2_800, 1, 1), rung("small", "4.75", 5_600, 0, 10));
    ScaleDecision decision =
        Autoscaler.next(new ScaleSeen(steady(11_000), rungs), policy(1, 8), running(1), NOW);
    assertThat(decision.variant()).isEqualTo("small");
    assertThat(decision.replicas()).isEqualTo(2);
    assertThat(decision.explanation().candidates().getFirst().verdict())
        .isEqualTo("needs 4, has room for 2");
  }

  /// 11,000 tokens/s need four large for $76/h, of which one more fits, or two small.
  private static ScaleDecision without(String smallHourly, ScalePolicy policy, ScaleState state) {
    int small = "small".equals(state.variant()) ? state.replicas() : 0;
    List<RungSeen> rungs =
        List.of(rung("large", "19", 2_800, 1, 1), rung("small", smallHourly, 5_600, small, 10));
    return Autoscaler.next(new ScaleSeen(steady(11_000), rungs), policy, state, NOW);
  }

  @Test
  void shouldNotFallBackToARungThatIsDearerForTheDemandUnlessThatIsAllowed() {
    ScaleDecision barred = without("38.01", policy(1, 8), running(1));
    assertThat(barred.variant()).isEqualTo("large");
    assertThat(barred.replicas()).isEqualTo(2);
    assertThat(barred.reason()).isEqualTo(Reason.NoRoom);
    assertThat(barred.explanation().candidates().getLast().verdict())
        .isEqualTo("dearer than large at $76.00/h, and downgrade.pricierFallback is false");
    assertThat(barred.ways()).as("nor does it wish for it").containsExactly(way(LARGE, 4, 1));

    ScaleDecision same = without("38", policy(1, 8), running(1));
    assertThat(same.variant()).as("a replica is dearer, the demand is not").isEqualTo("small");
    ScaleDecision allowed = without("38.01", Deployments.atAnyPrice(policy(1, 8)), running(1));
    assertThat(allowed.variant()).isEqualTo("small");
    assertThat(allowed.replicas()).isEqualTo(2);
  }

  @Test
  void shouldWishForNoLowerRungThatIsDearerThanTheOneItLikesUnlessThatIsAllowed() {
    Variant tiny = Deployments.variant("tiny", "0.6", 2);
    Policy three =
        new Policy(
            "team",
            "chat",
            List.of(LARGE, SMALL, tiny),
            null,
            1,
            new Scaling(1, 8),
            Cpm.parse("0.5"));
    ScalePolicy policy = Deployments.policy(three, List.of(), Duration.ZERO, false, true);
    List<RungSeen> rungs =
        List.of(
            rung("large", "19", 2_800, 0, 10),
            rung("small", "4.75", 5_600, 1, 10),
            rung("tiny", "6", 5_600, 0, 10));
    ScaleSeen seen = new ScaleSeen(steady(5_000), rungs);
    assertThat(Autoscaler.next(seen, policy, ScaleState.NEW, NOW).ways())
        .containsExactly(way(SMALL, 1, 1));
    assertThat(Autoscaler.next(seen, Deployments.atAnyPrice(policy), ScaleState.NEW, NOW).ways())
        .containsExactly(way(SMALL, 1, 1), new Way(tiny, 1, HourlyRate.parse("6"), 0));
  }

  @Test
  void shouldNotLeaveARungThatBecameTheDearerOneBeforeItsDwellIsOver() {
    Duration dwell = policy(1, 8).pace().dwell();
    ScaleState lately =
        new ScaleState("small", 2, NOW.minus(dwell).plusSeconds(1), NOW.minus(dwell), List.of());
    ScaleState over = new ScaleState("small", 2, NOW.minus(dwell), NOW.minus(dwell), List.of());
    assertThat(without("40", policy(1, 8), lately).variant()).isEqualTo("small");
    assertThat(without("40", policy(1, 8), over).variant()).isEqualTo("large");
  }

  @Test
  void shouldNotFallBackToADearerRungThatNobodyMeasuresOrSomebodySet() {
    List<RungSeen> rungs =
        List.of(
            new RungSeen(
                "large", HourlyRate.parse("19"), null, null, false, 0, 0, null, "no GPU fits it"),
            rung("small", "19.01", 5_600, 0, 10));
    for (ScalePolicy policy : List.of(policy(1, 8), policy(1, 8, null, 2))) {
      ScaleDecision barred =
          Autoscaler.next(new ScaleSeen(null, rungs), policy, ScaleState.NEW, NOW);
      assertThat(barred.variant()).isNull();
      assertThat(barred.explanation().summary())
          .startsWith("0 of 2 rungs can run: small is dearer than large at $");
      assertThat(
              Autoscaler.next(
                      new ScaleSeen(null, rungs),
                      Deployments.atAnyPrice(policy),
                      ScaleState.NEW,
                      NOW)
                  .variant())
          .isEqualTo("small");
    }
  }

  @Test
  void shouldTakeAllTheRoomThereIsWhereThatIsTooLittle() {
    List<RungSeen> rungs = List.of(rung("large", "19", 2_800, 1, 1));
    ScaleDecision decision =
        Autoscaler.next(new ScaleSeen(steady(11_000), rungs), policy(1, 8), running(1), NOW);
    assertThat(decision.replicas()).isEqualTo(2);
    assertThat(decision.reason()).isEqualTo(Reason.NoRoom);
    assertThat(decision.explanation().binding())
        .isEqualTo("the room of pool h100: 1 run, 1 more fit");
  }

  @Test
  void shouldTakeTheCheaperOfTwoRungsOfEqualQuality() {
    Policy twins =
        new Policy(
            "team",
            "chat",
            List.of(LARGE, Deployments.variant("spread", "0.9", 4)),
            null,
            1,
            new Scaling(1, 8),
            null);
    ScalePolicy base = policy(1, 8);
    ScalePolicy policy = Deployments.policy(twins, List.of(), base.idleTimeout(), false, true);
    List<RungSeen> rungs =
        List.of(rung("large", "19", 2_800, 0, 10), rung("spread", "9.50", 1_500, 0, 10));
    // 1,400 tokens/s: one of 19 or one of 9.50; 2,800: one of 19 or two of 9.50.
    assertThat(
            Autoscaler.next(new ScaleSeen(steady(1_400), rungs), policy, ScaleState.NEW, NOW)
                .variant())
        .isEqualTo("spread");
    ScaleState large = running(1);
    assertThat(Autoscaler.next(new ScaleSeen(steady(2_800), rungs), policy, large, NOW).variant())
        .isEqualTo("large");
  }

  private static ScaleDecision shared(Share share, double rate, ScalePolicy policy) {
    ScaleState state = running(4);
    ScaleSeen seen = new ScaleSeen(steady(rate), rungs(4, 0)).within(share);
    return Autoscaler.next(seen, policy, state, NOW);
  }

  @Test
  void shouldRunNoMoreThanItsShareAndSayWhatBindsIt() {
    Share share = new Share("large", 2, "large", 4, "pool h100 has 32 GPUs");
    ScaleDecision decision = shared(share, 11_000, policy(0, 8));
    assertThat(decision.replicas()).isEqualTo(2);
    assertThat(decision.reason()).isEqualTo(Reason.Shared);
    assertThat(decision.explanation().summary())
        .isEqualTo("2 x large instead of 4: pool h100 has 32 GPUs");
    assertThat(decision.explanation().binding()).isEqualTo("pool h100 has 32 GPUs");
    assertThat(decision.ways()).as("it still wishes for all").first().isEqualTo(way(LARGE, 4, 4));
  }

  private static Way way(Variant variant, int replicas, int running) {
    String price = variant.equals(LARGE) ? "19" : "4.75";
    return new Way(variant, replicas, HourlyRate.parse(price), running);
  }

  @Test
  void shouldTellByWhichRungsItCouldBeServed() {
    assertThat(decide(steady(11_000), policy(0, 8), running(4), NOW).ways())
        .containsExactly(way(LARGE, 4, 4), way(SMALL, 2, 0));
    assertThat(decide(steady(0), policy(0, 8), ScaleState.NEW, NOW).ways()).isEmpty();
    assertThat(decide(null, policy(0, 8), running(4), NOW).ways())
        .as("what is not known stays")
        .containsExactly(way(LARGE, 4, 4));
  }

  @Test
  void shouldServeByTheRungOfItsShare() {
    Share share = new Share("small", 2, "large", 4, "pool h100 has 32 GPUs");
    ScaleDecision decision = shared(share, 11_000, policy(0, 8));
    assertThat(decision.variant()).isEqualTo("small");
    assertThat(decision.replicas()).isEqualTo(2);
    assertThat(decision.explanation().summary())
        .startsWith("2 x small instead of 4 x large: pool h100");
  }

  @Test
  void shouldGoBelowItsFloorOnlyWhereItsShareIsLess() {
    Share share = new Share("large", 1, "large", 3, "pool h100 has 8 GPUs");
    assertThat(shared(share, 100, policy(3, 8)).replicas()).isEqualTo(1);
    Share enough = new Share("large", 4, "large", 4, "pool h100 has 32 GPUs");
    ScaleDecision decision = shared(enough, 11_000, policy(3, 8));
    assertThat(decision.replicas()).isEqualTo(4);
    assertThat(decision.reason()).isEqualTo(Reason.Demand);
  }

  @Test
  void shouldSayWhatAFloorCostsAndHowMuchOfThatNoDemandNeeds() {
    ScaleDecision decision = decide(steady(2_000), policy(2, 8), running(2), NOW);
    assertThat(Objects.requireNonNull(decision.floor()).message())
        .isEqualTo("the floor of 2 costs $38.00/h, $19.00/h of it beyond demand");
    assertThat(decision.floor().beyond()).isEqualTo(HourlyRate.parse("19"));
    assertThat(decide(steady(2_000), policy(0, 8), running(2), NOW).floor()).isNull();
    assertThat(
            Objects.requireNonNull(decide(null, policy(2, 8), running(2), NOW).floor()).message())
        .isEqualTo("the floor of 2 costs $38.00/h; what is asked for is not known");
  }

  @Test
  void shouldSayWhatAFloorWouldCostWhereItOnlyObserves() {
    ScalePolicy base = policy(3, 8);
    ScalePolicy observing =
        Deployments.policy(base.deployment(), List.of(), base.idleTimeout(), true, true);
    ScaleDecision decision = decide(steady(0), observing, running(3), NOW);
    assertThat(Objects.requireNonNull(decision.floor()).message())
        .isEqualTo("the floor of 3 would cost $57.00/h, $38.00/h of it beyond demand");
  }

  /// Three days of 1,000 tokens/s, and of 5,000 for an hour that begins so long after `NOW`.
  private static DemandSeen busyEveryDayIn(Duration time) {
    int day = 24 * 60;
    List<Double> days = new ArrayList<>();
    for (int minute = -3 * day; minute < 0; minute++) {
      long since = Math.floorMod(minute - time.toMinutes(), (long) day);
      days.add(since < 60 ? 5_000.0 : 1_000.0);
    }
    int known = 3 * day - 180;
    return new DemandSeen(
        1_000,
        days.subList(known, 3 * day),
        days.subList(day, known),
        List.of(),
        Pulse.EVEN,
        NOW,
        WeekProfile.UNKNOWN,
        0,
        0,
        List.of(),
        NOW);
  }

  @Test
  void shouldStartReplicasAStartBeforeWhatComesEveryDay() {
    ScaleState one = running(1);

    ScaleDecision soon = decide(busyEveryDayIn(START), policy(1, 8), one, NOW);
    ScaleDecision early = decide(busyEveryDayIn(START.plusMinutes(1)), policy(1, 8), one, NOW);

    assertThat(soon.replicas()).isEqualTo(2);
    assertThat(soon.explanation().summary())
        .contains("5000 tokens/s expected")
        .contains("a day ago");
    assertThat(early.replicas()).isEqualTo(1);
  }

  @Test
  void shouldBeginAStartSoonerWhereMoneyMadeAnotherRungServe() {
    ScaleState large = running(1);
    DemandSeen demand = busyEveryDayIn(START.multipliedBy(2));

    ScaleDecision lower =
        Autoscaler.next(new ScaleSeen(demand, rungs(0, 1)), policy(1, 8), large, NOW);
    ScaleDecision nothing =
        Autoscaler.next(new ScaleSeen(demand, rungs(0, 0)), policy(1, 8), large, NOW);

    assertThat(lower.replicas()).isEqualTo(2);
    assertThat(nothing.replicas()).isEqualTo(1);
    assertThat(decide(demand, policy(1, 8), large, NOW).replicas()).isEqualTo(1);
  }
}
