package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RecurrenceTest {
  private static final int HISTORY = 180;

  private static double[] minutes(int count, IntToDoubleFunction rate) {
    double[] minutes = new double[count];
    Arrays.setAll(minutes, rate);
    return minutes;
  }

  /// High in the first half of every `length` minutes, and chance on top as of requests.
  private static double[] wave(int count, int length, long seed) {
    Random random = new Random(seed);
    return minutes(
        count,
        m -> {
          double rate = m % length < length / 2 ? 6_000 : 1_000;
          return Math.max(0, rate + 5 * Math.sqrt(rate) * random.nextGaussian());
        });
  }

  private static int found(double[] minutes) {
    Recurrence found = Recurrence.find(minutes);
    return found == null ? 0 : found.minutes();
  }

  @Test
  void shouldFindHalfAnHourInAnHourAndAHalf() {
    for (int seed = 0; seed < 50; seed++) {
      assertThat(found(wave(90, 30, seed))).isEqualTo(30);
      assertThat(found(wave(89, 30, seed))).isZero();
      assertThat(found(wave(HISTORY, 60, seed))).isEqualTo(60);
      assertThat(found(wave(HISTORY, 15, seed))).isEqualTo(15);
    }
  }

  @Test
  void shouldFindShortJobs() {
    assertThat(found(minutes(HISTORY, m -> m % 60 < 3 ? 9_000 : 200))).isEqualTo(60);
    assertThat(found(minutes(HISTORY, m -> m % 15 == 0 ? 900 : 0))).isEqualTo(15);
  }

  @Test
  void shouldFindNothingInChance() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      double[] chance = minutes(HISTORY, _ -> 1_000 + 100 * random.nextGaussian());
      assertThat(found(chance)).as("seed %d", seed).isZero();
    }
  }

  @Test
  void shouldFindNothingInADailyCurveNorInARiseNorInWhatStays() {
    Random random = new Random(1);
    for (int begin = 0; begin < 1_440; begin++) {
      int at = begin;
      double noise = begin % 2 * 10;
      double[] day =
          minutes(
              HISTORY,
              m ->
                  1_000
                      - 900 * Math.cos(2 * Math.PI * (at + m) / 1_440)
                      + noise * random.nextGaussian());
      assertThat(found(day)).as("from minute %d on", at).isZero();
    }
    assertThat(found(minutes(HISTORY, m -> 20 * m))).isZero();
    assertThat(found(minutes(HISTORY, _ -> 0.1))).isZero();
    assertThat(found(minutes(HISTORY, _ -> 0))).isZero();
  }

  @Test
  void shouldFindSomethingInHardlyAnyWalk() {
    int some = 0;
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      double[] level = {2_000};
      double[] walk =
          minutes(
              HISTORY,
              _ -> {
                level[0] = Math.max(0, level[0] + 50 * random.nextGaussian());
                return level[0];
              });
      some += found(walk) > 0 ? 1 : 0;
    }
    assertThat(some).isLessThan(2_000 / 50);
  }

  @Test
  void shouldForgetTwoMinutesAfterARepetitionDoesNotComeAndForAWholeOneAfterThat() {
    // The job of every half hour comes for the last time at minute 150.
    double[] life = minutes(330, m -> m < 180 && m % 30 < 15 ? 6_000 : 1_000);
    for (int known = 171; known <= 181; known++) {
      assertThat(found(Arrays.copyOfRange(life, known - 120, known))).isEqualTo(30);
    }
    for (int known = 182; known <= 330; known++) {
      double[] seen = Arrays.copyOfRange(life, Math.max(0, known - HISTORY), known);
      Recurrence still = Recurrence.find(seen);
      double foretold =
          still == null ? 0 : still.peak(seen, seen.length, seen.length, seen.length + 4);
      assertThat(foretold).as("after %d minutes", known).isLessThanOrEqualTo(1_000);
    }
  }

  @Test
  void shouldTellTheBusiestMinuteOfARepetitionAgoEvenPastItsEnd() {
    double[] minutes = {1, 2, 3, 4, 5, 6, 7, 8};
    Recurrence four = new Recurrence(4);
    assertThat(four.peak(minutes, 8, 8, 9)).isEqualTo(5);
    assertThat(four.peak(minutes, 8, 8, 11)).isEqualTo(7);
    assertThat(four.peak(minutes, 8, 12, 13)).isEqualTo(5);
    assertThat(four.peak(minutes, 6, 6, 8)).isCloseTo(4, Offset.offset(1e-9));
  }
}
