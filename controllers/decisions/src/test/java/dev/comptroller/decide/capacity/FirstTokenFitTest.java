package dev.comptroller.decide.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/// What is learned of first tokens that take a known time.
class FirstTokenFitTest {
  private static final FirstTokenCost PRIOR = new FirstTokenCost(0.06, 3e-5, 1e-4, 1e-6);

  /// How long a first token truly takes.
  private interface Truth {
    double seconds(Workload work, double sequences);
  }

  private static Truth lines(double by) {
    FirstTokenCost cost = new FirstTokenCost(0.05 * by, 5e-5 * by, 1e-3 * by, 1.5e-6 * by);
    return (work, sequences) -> cost.seconds(work.computedInput(), sequences);
  }

  /// Lines but for batches that are just filled: there a first token takes up to 1.8 times as
  /// long.
  private static Truth bent(double by) {
    return (work, sequences) -> {
      double over = Math.log(work.computedInput() * sequences / 40_000);
      return lines(by).seconds(work, sequences) * (1 + 0.8 * Math.exp(-over * over / 2));
    };
  }

  private static Workload work(Random random) {
    double input = Math.exp(Math.log(128) + random.nextDouble() * Math.log(64));
    return new Workload(input, 64 + random.nextInt(900), 0);
  }

  private static double sequences(Random random) {
    return Math.exp(random.nextDouble() * Math.log(128));
  }

  private static FirstTokenFit learn(
      FirstTokenFit fit, Truth truth, Random random, int samples, double noise) {
    for (int i = 0; i < samples; i++) {
      Workload work = work(random);
      double sequences = sequences(random);
      double seconds =
          truth.seconds(work, sequences) * Math.max(0.1, 1 + noise * random.nextGaussian());
      fit = fit.seeing(work, sequences, seconds, 1);
    }
    return fit;
  }

  /// The median error of 200 first tokens, relative.
  private static double error(FirstTokenCurve curve, Truth truth) {
    Random random = new Random(99);
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Workload work = work(random);
      double sequences = sequences(random);
      errors.add(Math.abs(curve.seconds(work, sequences) / truth.seconds(work, sequences) - 1));
    }
    Collections.sort(errors);
    return errors.get(100);
  }

  private static FirstTokenFit fresh() {
    return FirstTokenFit.from(PRIOR);
  }

  private static FirstTokenCurve straight(FirstTokenFit fit) {
    return FirstTokenCurve.straight(fit.lines().firstTokenCost());
  }

  @Property(tries = 100)
  void shouldComeWithinSixPercentOfLinesAfterFiftyNoisySamples(
      @ForAll @LongRange(max = 1 << 20) long seed) {
    Truth truth = lines(1);
    FirstTokenFit fit = learn(fresh(), truth, new Random(seed), 50, 0.05);
    assertThat(error(fit.curve(), truth)).isLessThan(0.06);
    assertThat(fit.lines().drifts()).isZero();
  }

  @Test
  void shouldNotTakeNoiseForBends() {
    double bent = 0;
    double straight = 0;
    for (int seed = 0; seed < 40; seed++) {
      FirstTokenFit fit = learn(fresh(), lines(1), new Random(seed), 100, 0.1);
      bent += error(fit.curve(), lines(1)) / 40;
      straight += error(straight(fit), lines(1)) / 40;
    }
    assertThat(bent).isLessThan(0.04).isLessThan(straight + 0.015);
  }

  @Property(tries = 100)
  void shouldLearnABendThatNoLineHas(@ForAll @LongRange(max = 1 << 20) long seed) {
    Truth truth = bent(1);
    FirstTokenFit fit = learn(fresh(), truth, new Random(seed), 100, 0.03);
    double bent = error(fit.curve(), truth);
    assertThat(bent).isLessThan(0.05).isLessThan(error(straight(fit), truth) / 2);
  }

  @Property(tries = 50)
  void shouldForgetBendsWhenSpeedDrifts(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    FirstTokenFit fit = learn(fresh(), bent(1), random, 100, 0.03);
    long before = fit.lines().drifts();
    int samples = 0;
    while (fit.lines().drifts() == before && samples < 30) {
      fit = learn(fit, lines(2), random, 1, 0.03);
      samples++;
    }
    assertThat(fit.lines().drifts()).isGreaterThan(before);
    assertThat(fit.bends().seen()).hasSize(1);
    fit = learn(fit, lines(2), random, 60, 0.03);
    assertThat(error(fit.curve(), lines(2))).isLessThan(0.06);
  }

  @Property(tries = 50)
  void shouldNotBeMovedByPauses(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    FirstTokenFit fit = learn(fresh(), bent(1), random, 60, 0.03);
    for (int i = 0; i < 100; i++) {
      double slow = random.nextInt(10) == 0 ? 10 + random.nextInt(90) : 1;
      Truth paused = (work, sequences) -> slow * bent(1).seconds(work, sequences);
      fit = learn(fit, paused, random, 1, 0.03);
    }
    assertThat(error(fit.curve(), bent(1))).isLessThan(0.06);
    assertThat(fit.lines().drifts()).isZero();
  }

  @Test
  void shouldFollowOnePlaceThatSlowsDownLittleByLittle() {
    Random random = new Random(3);
    FirstTokenFit fit = learn(fresh(), lines(1), random, 60, 0.03);
    Workload work = new Workload(2_000, 300, 0);
    double usual = lines(1).seconds(work, 20);
    for (int i = 1; i <= 400; i++) {
      double slower = 1 + 0.5 * i / 400;
      double seconds = usual * slower * (1 + 0.03 * random.nextGaussian());
      fit = fit.seeing(work, 20, seconds, 1);
    }
    assertThat(fit.curve().seconds(work, 20) / usual).isCloseTo(1.5, within(0.05));
  }

  @Property(tries = 20)
  void shouldRememberNoMoreThanItMayAndTheNewest(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    FirstTokenFit fit = learn(fresh(), bent(1), random, 300, 0.05);
    assertThat(fit.bends().seen()).hasSizeLessThanOrEqualTo(Bends.MOST);
    Workload work = work(random);
    FirstTokenFit after = fit.seeing(work, 7, bent(1).seconds(work, 7), 1);
    assertThat(after.bends().seen()).hasSizeLessThanOrEqualTo(Bends.MOST);
    assertThat(after.bends().seen().getLast().last()).isEqualTo(fit.bends().samples());
  }

  @Property(tries = 50)
  void shouldNeitherBendBeyondWhatWasSeenNorFurtherThanTwice(
      @ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    Truth wild =
        (work, sequences) ->
            lines(1).seconds(work, sequences) * Math.exp(2 * random.nextGaussian());
    FirstTokenFit fit = learn(fresh(), wild, random, 40, 0);
    FirstTokenCurve curve = fit.curve();
    for (double sequences : new double[] {1, 30, 200, 5_000}) {
      Workload work = work(random);
      double straight = straight(fit).seconds(work, sequences);
      assertThat(curve.seconds(work, sequences)).isBetween(straight * 0.4999, straight * 2.0001);
    }
    // Beyond all that was seen the bend stays what it was at the edge.
    Workload large = new Workload(1e6, 1e5, 0);
    Workload larger = new Workload(1e7, 1e6, 0);
    assertThat(curve.seconds(large, 1e6) * straight(fit).seconds(larger, 1e5))
        .isCloseTo(
            curve.seconds(larger, 1e5) * straight(fit).seconds(large, 1e6), withinPercentage(1e-6));
  }

  @Test
  void shouldIgnoreFiguresThatNoFirstTokenCanHave() {
    FirstTokenFit fit = learn(fresh(), bent(1), new Random(1), 10, 0.03);
    Workload work = new Workload(1_000, 100, 0);
    assertThat(fit.seeing(work, 4, Double.NaN, 1)).isSameAs(fit);
    assertThat(fit.seeing(work, 4, 0, 1)).isSameAs(fit);
    assertThat(fit.seeing(work, -1, 1, 1)).isSameAs(fit);
    assertThat(fit.seeing(work, 4, 1, 0)).isSameAs(fit);
    assertThat(fresh().curve()).isEqualTo(FirstTokenCurve.straight(fresh().curve().lines()));
  }

  @Property(tries = 50)
  void shouldHoldSoundFiguresWhateverItSees(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    FirstTokenFit fit = fresh();
    for (int i = 0; i < 300; i++) {
      double by = Math.exp(random.nextInt(20) == 0 ? 3 * random.nextGaussian() : 0);
      Workload work = work(random);
      double seconds = Math.clamp(bent(by).seconds(work, 8), 1e-6, 1e5);
      fit = fit.seeing(work, sequences(random), seconds, 1 + random.nextInt(100));
      assertThat(fit.isSound()).as("after %d samples: %s", i + 1, fit).isTrue();
    }
    assertThat(fit.straight().isSound()).isTrue();
    assertThat(fit.straight().bends()).isEqualTo(Bends.NONE);
  }
}
