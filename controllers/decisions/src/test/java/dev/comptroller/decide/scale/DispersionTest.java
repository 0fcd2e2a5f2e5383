package dev.comptroller.decide.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DispersionTest {
  private static final int MINUTES = 120;

  /// Requests in minutes at a rate that swings by half over them, each one bringing `bunch` in all.
  private static List<Double> requests(double mean, int bunch, long seed) {
    Random random = new Random(seed);
    List<Double> requests = new ArrayList<>();
    for (int minute = 0; minute < MINUTES; minute++) {
      double of = mean / bunch * (1 + 0.5 * Math.sin(2 * Math.PI * minute / MINUTES));
      requests.add(bunch * poisson(of, random));
    }
    return requests;
  }

  private static double poisson(double mean, Random random) {
    int count = 0;
    for (double time = 0; ; count++) {
      time -= Math.log(1 - random.nextDouble()) / mean;
      if (time > 1) {
        return count;
      }
    }
  }

  @Test
  void shouldTellRequestsThatComeByThemselvesFromThoseThatComeInBunches() {
    for (int bunch : List.of(1, 4, 9)) {
      double sum = 0;
      for (long seed = 1; seed <= 40; seed++) {
        Dispersion one = Dispersion.of(requests(900, bunch, seed));
        assertThat(one.known()).isTrue();
        assertThat(one.index()).isBetween(Math.max(1, bunch * 0.5), bunch * 1.7);
        assertThat(one.isBunched()).as("bunches of %d", bunch).isEqualTo(bunch > 1);
        sum += one.index();
      }
      assertThat(sum / 40).as("bunches of %d", bunch).isCloseTo(bunch, within(0.12 * bunch));
    }
  }

  @Test
  void shouldNotTakeASlopeOrAJumpForBunches() {
    List<Double> jump = new ArrayList<>(requests(900, 1, 5).subList(0, 60));
    requests(4_000, 1, 6).subList(0, 60).forEach(jump::add);
    assertThat(Dispersion.of(jump).index()).isLessThan(1.5);
    List<Double> slope = new ArrayList<>();
    for (int i = 0; i < MINUTES; i++) {
      slope.add(100.0 + 50 * i);
    }
    assertThat(Dispersion.of(slope).index()).isEqualTo(1);
  }

  @Test
  void shouldTakeTheUsualWhereTooLittleWasSeen() {
    assertThat(Dispersion.of(List.of())).isEqualTo(Dispersion.UNKNOWN);
    assertThat(Dispersion.of(requests(900, 1, 1).subList(0, 19))).isEqualTo(Dispersion.UNKNOWN);
    assertThat(Dispersion.of(Collections.nCopies(MINUTES, 9.0))).isEqualTo(Dispersion.UNKNOWN);
    assertThat(Dispersion.UNKNOWN.isBunched()).isFalse();
    assertThat(Dispersion.UNKNOWN.chance(Surplus.DELAYS_ALL)).isCloseTo(1.414, within(0.001));
  }

  @Test
  void shouldBoundWhatItTells() {
    List<Double> wild = new ArrayList<>();
    for (int i = 0; i < MINUTES; i++) {
      wild.add(i % 2 == 0 ? 10_000.0 : 1.0);
    }
    assertThat(Dispersion.of(wild).index()).isEqualTo(Dispersion.MOST);
    assertThat(Dispersion.of(wild).chance(Surplus.DELAYS_ALL)).isEqualTo(4);
  }

  @Test
  void shouldKeepFewerPlacesFreeWhereOnlyTheSurplusIsLateButMoreOfThemForBunches() {
    double before = 0;
    for (double index : new double[] {1, 2, 4, 9, 15.9}) {
      Dispersion each = new Dispersion(index, true);
      double part = each.chance(Surplus.IS_REFUSED) / each.chance(Surplus.DELAYS_ALL);
      assertThat(part).as("index %s", index).isBetween(before, 0.81);
      before = part;
    }
    assertThat(new Dispersion(1, true).chance(Surplus.IS_REFUSED)).isEqualTo(0.4);
  }
}
