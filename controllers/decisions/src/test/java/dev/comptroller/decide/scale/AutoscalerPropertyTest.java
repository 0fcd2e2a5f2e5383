package dev.comptroller.decide.scale;

import static dev.comptroller.decide.scale.Deployments.LARGE;
import static dev.comptroller.decide.scale.Deployments.NOW;
import static dev.comptroller.decide.scale.Deployments.SMALL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/// Lives of a deployment with random demand, second by second of its looks.
class AutoscalerPropertyTest {
  private static final Duration LOOK = Duration.ofSeconds(15);

  /// What a life has seen.
  private record Moment(Instant at, long needed, int replicas) {}

  @Property(tries = 60)
  void shouldKeepItsPromisesThroughoutALife(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 2) int min) {
    Random random = new Random(seed);
    ScalePolicy policy = Deployments.policy(min, 6);
    ScaleState state = ScaleState.NEW;
    List<Double> minutes = new ArrayList<>();
    Deque<Moment> window = new ArrayDeque<>();
    double rate = 2_000;
    @Nullable Instant last = null;
    for (int look = 0; look < 1_200; look++) {
      Instant now = NOW.plus(LOOK.multipliedBy(look));
      if (look % 4 == 0) {
        rate = random.nextInt(60) == 0 ? random.nextInt(3) * 6_000 : rate;
        minutes.add(rate * (1 + 0.05 * random.nextGaussian()));
        minutes.subList(0, Math.max(0, minutes.size() - 180)).clear();
      }
      last = rate > 0 ? now : last;
      boolean blind = random.nextInt(100) == 0;
      DemandSeen demand =
          blind
              ? null
              : new DemandSeen(rate, minutes, now, WeekProfile.UNKNOWN, 0, 0, List.of(), last);
      int before = state.replicas();
      boolean began = state.variant() != null;
      ScaleSeen seen = new ScaleSeen(demand, Deployments.rungs(before, 0));
      ScaleDecision decision = Autoscaler.next(seen, policy, state, now);
      assertThat(Autoscaler.next(seen, policy, state, now)).isEqualTo(decision);
      assertThat(decision.replicas()).isBetween(min, 6);
      assertThat(decision.wake()).isAfter(now);
      if (blind) {
        assertThat(decision.replicas()).isEqualTo(began ? before : min);
        window.clear();
      } else {
        boolean small = "small".equals(decision.variant());
        long present = (long) Math.ceil(rate / (small ? 5_600 : 2_800) - 1e-9);
        assertThat(decision.replicas()).isGreaterThanOrEqualTo((int) Math.min(6, present));
        if (decision.replicas() < before && decision.replicas() > 0) {
          Duration settle = Deployments.START.dividedBy(6);
          assertThat(window).as("seen long enough at %s", now).isNotEmpty();
          assertThat(window.getFirst().at()).isBeforeOrEqualTo(now.minus(settle));
          for (Moment moment : window) {
            if (!moment.at().isBefore(now.minus(settle))) {
              assertThat(moment.needed()).isLessThanOrEqualTo(decision.replicas());
            }
          }
        }
        if (decision.replicas() == 0 && before > 0) {
          // A life may begin without a request.
          Instant asked = last == null ? NOW : last;
          assertThat(Duration.between(asked, now)).isGreaterThanOrEqualTo(policy.idleTimeout());
        }
        window.add(new Moment(now, present, decision.replicas()));
      }
      state = decision.state();
      assertThat(state.needs().size()).isLessThanOrEqualTo(24);
    }
  }

  @Property(tries = 500)
  void shouldChooseWhatAnExhaustiveSearchChooses(
      @ForAll @DoubleRange(min = 0, max = 30_000) double need,
      @ForAll @IntRange(min = 1, max = 60) int largePrice,
      @ForAll @IntRange(min = 1, max = 60) int smallPrice,
      @ForAll @IntRange(min = 0, max = 6) int largeRoom,
      @ForAll @IntRange(min = 0, max = 6) int smallRoom,
      @ForAll @IntRange(min = 0, max = 400) int targetCents) {
    List<Variant> ladder = List.of(LARGE, SMALL);
    ScaleSeen seen =
        new ScaleSeen(
            null,
            List.of(
                Deployments.rung("large", String.valueOf(largePrice), 2_800, 0, largeRoom),
                Deployments.rung("small", String.valueOf(smallPrice), 5_600, 0, smallRoom)));
    TargetGoal goal =
        targetCents == 0 ? null : new TargetGoal(new Cpm(targetCents * 10_000L), need / 2 + 1);
    RungNeed pick =
        RungPick.of(RungPick.needs(ladder, seen, Capacity.exactly(need), 1, 8), goal, null);
    String expected = exhaustive(need, largePrice, smallPrice, largeRoom, smallRoom, goal);
    assertThat(pick == null ? "" : pick.variant().name() + " " + pick.count()).isEqualTo(expected);
  }

  /// Every count of every rung, looked at one by one.
  private static String exhaustive(
      double need,
      int largePrice,
      int smallPrice,
      int largeRoom,
      int smallRoom,
      @Nullable TargetGoal goal) {
    String[] names = {"large", "small"};
    int[] prices = {largePrice, smallPrice};
    int[] rooms = {largeRoom, smallRoom};
    double[] speeds = {2_800, 5_600};
    double[] quality = {0.9, 0.7};
    for (boolean within : new boolean[] {true, false}) {
      for (int rung = 0; rung < 2; rung++) {
        for (int count = 1; count <= Math.min(8, Math.max(1, rooms[rung])); count++) {
          boolean full = count * speeds[rung] >= need - 1e-6;
          long bill = 1_000_000L * count * prices[rung];
          boolean cheap = goal == null || bill <= goal.allowed().microsPerHour();
          if (full && (cheap || !within)) {
            return names[rung] + " " + count;
          }
        }
      }
      if (goal == null) {
        break;
      }
    }
    double[] kept = new double[2];
    int[] counts = new int[2];
    for (int rung = 0; rung < 2; rung++) {
      counts[rung] = Math.min(8, Math.max(1, rooms[rung]));
      kept[rung] = quality[rung] * Math.min(need, counts[rung] * speeds[rung]);
    }
    boolean large =
        kept[0] > kept[1] || (kept[0] == kept[1] && counts[0] * prices[0] <= counts[1] * prices[1]);
    int best = large ? 0 : 1;
    return names[best] + " " + counts[best];
  }
}
