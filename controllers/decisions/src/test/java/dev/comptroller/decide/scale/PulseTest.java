package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.scale.Pulse.Minute;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PulseTest {
  /// Minutes in whose quarters so many requests come on average, each by itself.
  private static List<Minute> minutes(int count, long seed, double... means) {
    Random random = new Random(seed);
    List<Minute> minutes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      minutes.add(
          new Minute(
              poisson(means[0], random),
              poisson(means[1], random),
              poisson(means[2], random),
              poisson(means[3], random)));
    }
    return minutes;
  }

  private static double poisson(double mean, Random random) {
    int count = 0;
    for (double time = 0; ; count++) {
      time -= Math.log(1 - random.nextDouble()) / Math.max(mean, 1e-9);
      if (time > 1) {
        return count;
      }
    }
  }

  @Test
  void shouldTellHowMuchMoreComesInTheQuarterThatJobsFillEveryMinute() {
    assertThat(Pulse.of(Collections.nCopies(20, new Minute(5, 5, 0.5, 0.5))).times())
        .as("20 / 11, in whole hundredths")
        .isEqualTo(1.81);
    assertThat(Pulse.of(Collections.nCopies(20, new Minute(0, 0, 9, 0))).times()).isEqualTo(4);
    for (long seed = 1; seed <= 40; seed++) {
      assertThat(Pulse.of(minutes(60, seed, 75, 75, 8, 8)).times()).isBetween(1.65, 1.9);
    }
  }

  @Test
  void shouldTakeChanceForNothing() {
    for (double mean : List.of(2.0, 10.0, 100.0)) {
      double most = 0;
      for (long seed = 1; seed <= 200; seed++) {
        most = Math.max(most, Pulse.of(minutes(60, seed, mean, mean, mean, mean)).times());
      }
      assertThat(most).as("%.0f requests in a quarter", mean).isLessThan(1.1);
    }
  }

  @Test
  void shouldLeaveOutWhatDoesNotComeEveryMinute() {
    List<Minute> minutes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      // Ten times as much at the beginning of every fifth minute, and a jump in the midst of one.
      double level = i < 31 ? 20 : 40;
      minutes.add(new Minute(i % 5 == 0 ? 10 * level : level, level, i == 30 ? 40 : level, level));
    }
    assertThat(Pulse.of(minutes)).isEqualTo(Pulse.EVEN);
  }

  @Test
  void shouldSayNothingOfFewMinutesOrFewRequests() {
    List<Minute> waves = Collections.nCopies(60, new Minute(5, 5, 0, 0));
    assertThat(Pulse.of(waves.subList(0, 19))).isEqualTo(Pulse.EVEN);
    assertThat(Pulse.of(waves.subList(0, 20))).isNotEqualTo(Pulse.EVEN);
    assertThat(Pulse.of(Collections.nCopies(60, new Minute(3, 0, 0, 0)))).isEqualTo(Pulse.EVEN);
    assertThat(Pulse.of(List.of())).isEqualTo(Pulse.EVEN);
  }

  @Test
  void shouldRefuseWhatNoMinuteCanShow() {
    for (double times : List.of(0.9, 4.1, Double.NaN)) {
      assertThatThrownBy(() -> new Pulse(times))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("times is " + times + ", not 1 to 4");
    }
  }
}
