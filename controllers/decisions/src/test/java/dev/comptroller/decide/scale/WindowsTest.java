package dev.comptroller.decide.scale;

import static dev.comptroller.decide.scale.Deployments.NOW;
import static dev.comptroller.decide.scale.Deployments.START;
import static dev.comptroller.decide.scale.Deployments.policy;
import static dev.comptroller.decide.scale.Deployments.rung;
import static dev.comptroller.decide.scale.Deployments.running;
import static dev.comptroller.decide.scale.Deployments.steady;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.scale.ScaleDecision.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WindowsTest {
  /// Tokens that one replica does in an hour beside no other work.
  private static final double HOUR = 0.9 * 2_800 * 3600;

  private static final Duration LOOK = Duration.ofSeconds(15);
  private static final ScaleState ZERO = ScaleState.resumed("large", 0, NOW.minusSeconds(9_999));

  private static DemandSeen with(DemandSeen demand, @Nullable List<Due> due) {
    return new DemandSeen(
        demand.latest(),
        demand.minutes(),
        demand.until(),
        demand.profile(),
        demand.waiting(),
        demand.backlog(),
        due,
        demand.lastRequest());
  }

  private static DemandSeen seasoned(DemandSeen demand, WeekProfile profile, List<Due> due) {
    return new DemandSeen(
        demand.latest(), demand.minutes(), demand.until(), profile, 0, 0, due, null);
  }

  private static ScaleDecision decide(
      DemandSeen demand, ScalePolicy policy, ScaleState state, int room, Instant now) {
    return Autoscaler.next(
        new ScaleSeen(
            demand, List.of(rung("large", "19", 2_800, state.replicas(), room - state.replicas()))),
        policy,
        state,
        now);
  }

  private static ScaleDecision decide(DemandSeen demand, ScalePolicy policy, ScaleState state) {
    return decide(demand, policy, state, 10, NOW);
  }

  private static Due due(Duration in, double tokens) {
    return new Due(NOW.plus(in), tokens);
  }

  @Test
  void shouldStartNothingForWorkThatIdleSlotsDo() {
    // One replica of 2,520 tokens/s, 1,000 of which are asked for: 5.5 million in an hour.
    DemandSeen demand = with(steady(1_000), List.of(due(Duration.ofHours(1), 4_900_000)));
    ScaleDecision decision = decide(demand, policy(1, 8), running(1));
    assertThat(decision.replicas()).isEqualTo(1);
    assertThat(decision.reason()).isEqualTo(Reason.Demand);
    assertThat(decision.explanation().summary())
        .endsWith(
            "; 4900000 tokens may wait, 4900000 of them until 2026-03-02T13:00:00Z, and idle slots"
                + " are expected to do 4924800: no replica is needed for"
                + " them");
  }

  @Test
  void shouldWakeAsLateAsIsSafeFromZeroAndBeDoneInTime() {
    // Half an hour of work for one replica, due in 6 hours, and nobody asks for anything.
    Instant by = NOW.plus(Duration.ofHours(6));
    double left = HOUR / 2;
    ScaleState state = ZERO;
    Instant now = NOW;
    @Nullable Instant woken = null;
    @Nullable Instant serves = null;
    while (left > 0 && now.isBefore(by)) {
      DemandSeen demand = with(steady(0), List.of(new Due(by, left)));
      ScaleDecision decision = decide(demand, policy(0, 8), state, 10, now);
      assertThat(decision.replicas()).isLessThanOrEqualTo(1);
      if (decision.replicas() == 1 && woken == null) {
        woken = now;
        serves = now.plus(START);
        assertThat(decision.reason()).isEqualTo(Reason.Deferred);
        assertThat(decision.explanation().binding()).isEqualTo("the windows of work that may wait");
      }
      assertThat(woken == null || decision.replicas() == 1).as("stays at %s", now).isTrue();
      state = decision.state();
      now = now.plus(LOOK);
      if (serves != null && now.isAfter(serves)) {
        left -= LOOK.toSeconds() * HOUR / 3600;
      }
    }
    assertThat(left).as("left at %s", now).isLessThanOrEqualTo(0);
    // Half an hour of work, two starts and a tenth of what is left are kept, no more.
    assertThat(woken).isBetween(by.minus(Duration.ofMinutes(42)), by.minus(Duration.ofMinutes(38)));
  }

  @Test
  void shouldWakeAtOnceFromZeroForWorkThatFillsAReplicaForAnHour() {
    DemandSeen little = with(steady(0), List.of(due(Duration.ofHours(24), 0.98 * HOUR)));
    assertThat(decide(little, policy(0, 8), ZERO).replicas()).isZero();
    DemandSeen enough = with(steady(0), List.of(due(Duration.ofHours(24), 1.02 * HOUR)));
    assertThat(decide(enough, policy(0, 8), ZERO).replicas()).isEqualTo(1);
  }

  @Test
  void shouldGoBackToZeroWhenTheWorkIsDone() {
    DemandSeen demand = with(steady(0), List.of(due(Duration.ofHours(24), HOUR / 50)));
    assertThat(decide(demand, policy(0, 8), running(1)).replicas()).isEqualTo(1);
    DemandSeen idle =
        new DemandSeen(
            0,
            Collections.nCopies(90, 0.0),
            NOW,
            WeekProfile.UNKNOWN,
            0,
            0,
            List.of(),
            NOW.minus(Duration.ofHours(1)));
    assertThat(decide(idle, policy(0, 8), running(1)).replicas()).isZero();
  }

  @Test
  void shouldRunAsManyAtOnceAsAShortWindowNeeds() {
    DemandSeen demand = with(steady(1_000), List.of(due(Duration.ofHours(1), 3.5 * HOUR)));
    ScaleDecision decision = decide(demand, policy(1, 8), running(1));
    // Idle slots do 0.54 hours of a replica; 2.96 more fill three in the 48 minutes between a start
    // and the margin, not four.
    assertThat(decision.replicas()).isEqualTo(4);
    assertThat(decision.reason()).isEqualTo(Reason.Deferred);
    ScaleDecision most = decide(demand, policy(1, 3), running(1));
    assertThat(most.replicas()).isEqualTo(3);
    assertThat(most.explanation().summary()).endsWith(": 3 must run now, 3 are too few");
    assertThat(decide(demand, policy(1, 8), running(1), 2, NOW).replicas()).isEqualTo(2);
  }

  @Test
  void shouldFillTheHoursInWhichLittleElseIsAskedForFirst() {
    // Days: 7,000 tokens/s by day (three replicas), 1,000 by night (one).
    List<@Nullable Double> hours = new ArrayList<>();
    for (int hour = 0; hour < WeekProfile.HOURS; hour++) {
      hours.add(hour % 24 >= 8 && hour % 24 < 20 ? 7_000.0 : 1_000.0);
    }
    WeekProfile profile = new WeekProfile(hours, 2);
    // Noon. Two replicas by night do 12 hours of a replica more, by noon of the next day.
    List<Due> work = List.of(due(Duration.ofHours(24), 18 * HOUR));
    ScaleDecision noon = decide(seasoned(steady(7_000), profile, work), policy(1, 8), running(3));
    assertThat(noon.replicas()).isEqualTo(3);
    // A dip: other work is expected to bring back what the level needs.
    List<Due> more = List.of(due(Duration.ofHours(24), 24 * HOUR));
    DemandSeen dip =
        new DemandSeen(1_000, Collections.nCopies(90, 7_000.0), NOW, profile, 0, 0, more, NOW);
    assertThat(decide(dip, policy(1, 8), running(1)).replicas()).isEqualTo(1);
    Instant night = NOW.plus(Duration.ofHours(10));
    DemandSeen asleep =
        new DemandSeen(1_000, Collections.nCopies(90, 1_000.0), night, profile, 0, 0, work, night);
    ScaleDecision later = decide(asleep, policy(1, 8), running(1), 10, night);
    assertThat(later.replicas()).isEqualTo(2);
    assertThat(later.reason()).isEqualTo(Reason.Deferred);
  }

  @Test
  void shouldNeitherStartNorStopForWorkThatIsNotKnown() {
    DemandSeen unknown = with(steady(1_000), null);
    ScaleDecision decision = decide(unknown, policy(1, 8), running(3));
    assertThat(decision.replicas()).isEqualTo(3);
    assertThat(decision.explanation().summary())
        .endsWith("; what may wait is not known, so none leaves");
    assertThat(decide(with(steady(7_000), null), policy(1, 8), running(1)).replicas()).isEqualTo(3);
  }

  @Test
  void shouldStartNothingForWhatCannotBeDoneInTimeAnyMore() {
    DemandSeen late = with(steady(1_000), List.of(due(START.plusSeconds(60), HOUR)));
    assertThat(decide(late, policy(1, 8), running(1)).replicas()).isEqualTo(1);
    DemandSeen over = with(steady(1_000), List.of(due(Duration.ofSeconds(-1), HOUR)));
    assertThat(decide(over, policy(1, 8), running(1)).replicas()).isEqualTo(1);
  }
}
