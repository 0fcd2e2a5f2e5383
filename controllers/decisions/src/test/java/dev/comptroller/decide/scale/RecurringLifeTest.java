package dev.comptroller.decide.scale;

import static dev.comptroller.decide.scale.Deployments.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.scale.DemandOutlook.Model;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/// Lives of a deployment with a job that comes again and again, look by look.
class RecurringLifeTest {
  private static final int LOOK = 15;
  private static final int MINUTE = 60;
  private static final int HISTORY = 180;

  /// What was decided at a second.
  private record Moment(int second, int replicas, Model model, String summary) {}

  /// A life of `minutes`; the rate is that of a second.
  private static List<Moment> live(int minutes, int start, IntToDoubleFunction rate) {
    List<Moment> life = new ArrayList<>();
    List<Double> known = new ArrayList<>();
    ScaleState state = ScaleState.NEW;
    for (int second = MINUTE; second < minutes * MINUTE; second += LOOK) {
      if (second % MINUTE == 0) {
        known.add(mean(rate, second - MINUTE, second));
        known.subList(0, Math.max(0, known.size() - HISTORY)).clear();
      }
      Instant now = NOW.plusSeconds(second);
      DemandSeen demand =
          new DemandSeen(
              mean(rate, second - MINUTE, second),
              known,
              NOW.plusSeconds(second - second % MINUTE),
              WeekProfile.UNKNOWN,
              0,
              0,
              List.of(),
              now);
      RungSeen large = Deployments.rung("large", "19", 2_800, state.replicas(), 10);
      RungSeen own =
          new RungSeen(
              large.variant(),
              large.perReplica(),
              large.safe(),
              null,
              true,
              large.running(),
              large.room(),
              Duration.ofSeconds(start),
              null);
      ScaleDecision decision =
          Autoscaler.next(
              new ScaleSeen(demand, List.of(own)), Deployments.policy(1, 8), state, now);
      state = decision.state();
      DemandOutlook outlook = Objects.requireNonNull(decision.outlook());
      life.add(
          new Moment(
              second, decision.replicas(), outlook.model(), decision.explanation().summary()));
    }
    return life;
  }

  private static double mean(IntToDoubleFunction rate, int from, int to) {
    double sum = 0;
    for (int second = from; second < to; second++) {
      sum += rate.applyAsDouble(second);
    }
    return sum / (to - from);
  }

  private static int replicas(List<Moment> life, int second) {
    return life.stream()
        .filter(moment -> moment.second() <= second)
        .reduce((_, later) -> later)
        .orElseThrow()
        .replicas();
  }

  private static IntToDoubleFunction job(int every, int lasts) {
    return second -> second % (every * MINUTE) < lasts * MINUTE ? 8_000 : 1_000;
  }

  @Test
  void shouldStartReplicasThatServeWhenTheRiseComes() {
    int start = 180;
    List<Moment> life = live(240, start, job(30, 10));
    for (int rise = 120; rise < 240; rise += 30) {
      int at = rise * MINUTE;
      assertThat(replicas(life, at - start)).as("before minute %d", rise).isEqualTo(3);
      // No earlier than a start and a look or two before it is needed.
      assertThat(replicas(life, at - start - 3 * LOOK)).as("minute %d", rise).isEqualTo(1);
    }
    assertThat(life.get(4 * 118 - 4).summary())
        .contains("8000 tokens/s expected within 195 s as 30 min ago, +0 %");
  }

  @Test
  void shouldWantNoMoreThanTheJobTakesWhileItRises() {
    List<Moment> life = live(240, 180, job(30, 10));
    int before =
        life.stream().filter(m -> m.second() < 5_400).mapToInt(Moment::replicas).max().orElse(0);
    int after =
        life.stream().filter(m -> m.second() >= 5_400).mapToInt(Moment::replicas).max().orElse(0);
    assertThat(before).as("a rise that nobody foretold may go on").isGreaterThan(3);
    assertThat(after).isEqualTo(3);
  }

  @Test
  void shouldPayForOneMissedRepetitionForAFewMinutesAndNotForTheNext() {
    int stops = 180;
    IntToDoubleFunction job = job(30, 10);
    List<Moment> life =
        live(300, 180, second -> second < stops * MINUTE ? job.applyAsDouble(second) : 1_000);
    int wasted =
        life.stream()
            .filter(moment -> moment.second() > (stops - 10) * MINUTE)
            .mapToInt(moment -> (moment.replicas() - 1) * LOOK)
            .sum();
    // Two replicas more: a start and a look ahead, two minutes until it is missed, one to settle.
    assertThat(wasted).isPositive().isLessThanOrEqualTo(2 * (180 + 2 * LOOK + 180 + 60));
    assertThat(
            life.stream()
                .filter(moment -> moment.second() > (stops + 4) * MINUTE)
                .mapToInt(Moment::replicas)
                .max()
                .orElse(0))
        .isEqualTo(1);
  }

  @Test
  void shouldKeepAReplicaThroughAFallThatIsShorterThanItsStart() {
    // Seven minutes of much, three of little; a start takes four.
    IntToDoubleFunction job = job(10, 7);
    List<Moment> slow = live(120, 240, job);
    assertThat(
            slow.stream()
                .filter(moment -> moment.second() > 60 * MINUTE)
                .mapToInt(Moment::replicas)
                .min()
                .orElse(0))
        .isEqualTo(3);
    // Five minutes of little, and a start of one: it goes and comes back.
    List<Moment> fast = live(120, 60, job(12, 5));
    assertThat(
            fast.stream()
                .filter(moment -> moment.second() > 60 * MINUTE)
                .mapToInt(Moment::replicas)
                .min()
                .orElse(0))
        .isEqualTo(1);
  }

  @Test
  void shouldLetReplicasGoWhenTheJobEndsAndKeepThemWhileItLastsLonger() {
    int longer = 150;
    IntToDoubleFunction job = job(30, 10);
    List<Moment> life =
        live(
            200,
            180,
            second ->
                second / MINUTE == longer + 10 || second / MINUTE == longer + 11
                    ? 8_000
                    : job.applyAsDouble(second));
    int end = 130 * MINUTE;
    assertThat(replicas(life, end)).isEqualTo(3);
    assertThat(replicas(life, end + 2 * LOOK)).isEqualTo(1);
    int late = (longer + 12) * MINUTE;
    assertThat(
            life.stream()
                .filter(moment -> moment.second() >= longer * MINUTE && moment.second() <= late)
                .mapToInt(Moment::replicas)
                .min()
                .orElse(0))
        .isEqualTo(3);
    // Nobody foretold when it would end this time: fewer must have been enough for a while.
    assertThat(replicas(life, late + 2 * LOOK)).isEqualTo(3);
    assertThat(replicas(life, late + 3 * MINUTE)).isEqualTo(1);
  }

  @Test
  void shouldNotTakeReplicasAwayWhileAJobWhoseLoadVariesGoesOn() {
    Random random = new Random(3);
    double[] varies = random.doubles(300L * MINUTE / LOOK, 0.8, 1.2).toArray();
    IntToDoubleFunction job = job(30, 10);
    List<Moment> life = live(300, 180, second -> varies[second / LOOK] * job.applyAsDouble(second));
    for (int rise = 120; rise < 300; rise += 30) {
      int from = rise * MINUTE;
      int to = from + 10 * MINUTE;
      assertThat(
              life.stream()
                  .filter(moment -> moment.second() >= from && moment.second() <= to)
                  .mapToInt(Moment::replicas)
                  .min()
                  .orElse(0))
          .as("from minute %d", rise)
          .isGreaterThanOrEqualTo(3);
      assertThat(replicas(life, to + 2 * MINUTE)).as("after minute %d", rise + 10).isEqualTo(1);
    }
  }
}
