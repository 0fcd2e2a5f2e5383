package dev.comptroller.decide.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/// What is learned of steps whose cost is known.
///
/// Where noise can hide what is promised, the tries are the same in every run.
class FitTest {
  private static final StepCost PRIOR =
      Physics.CALIBRATED.stepCost(
          new Physics.Hardware(Accelerator.named("H100").orElseThrow(), 1),
          ModelShape.dense(8_000_000_000L, Quantization.named("FP8").orElseThrow()));

  /// A replica that is off from the prior by up to a half in each figure.
  private static StepCost truth(Random random) {
    return new StepCost(
        PRIOR.fixed() * (0.6 + 0.9 * random.nextDouble()),
        PRIOR.perRootSequence() * (0.6 + 0.9 * random.nextDouble()),
        PRIOR.perToken() * (0.6 + 0.9 * random.nextDouble()),
        PRIOR.perKvToken() * (0.6 + 0.9 * random.nextDouble()));
  }

  private static StepSample sample(StepCost cost, Random random, double noise) {
    double sequences = 1 + random.nextInt(64);
    double tokens = sequences + (random.nextInt(4) == 0 ? random.nextInt(2_048) : 0);
    double kv = sequences * (200 + random.nextInt(2_000));
    double seconds = cost.seconds(sequences, tokens, kv) * (1 + noise * random.nextGaussian());
    return StepSample.one(sequences, tokens, kv, Math.max(seconds, 1e-6));
  }

  private static Fit learn(Fit fit, StepCost cost, Random random, int samples) {
    for (int i = 0; i < samples; i++) {
      fit = fit.seeing(sample(cost, random, 0.05));
    }
    return fit;
  }

  private static Fit fresh() {
    return Fit.from(Physics.stepBelief(PRIOR), Fit.STEP_NOISE);
  }

  private static double error(Fit fit, StepCost truth) {
    double said = fit.stepCost().cost().seconds(32, 100, 32_000);
    return said / truth.seconds(32, 100, 32_000) - 1;
  }

  @Test
  void shouldHaveTheTruthWithinTwoStandardErrorsNineTimesOfTenOrMore() {
    int within = 0;
    int asked = 0;
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      StepCost truth = truth(random);
      Fit fit = learn(fresh(), truth, random, 5 + random.nextInt(200));
      StepCostEstimate estimate = fit.stepCost();
      double[] said = fit.belief().means();
      double[] is = truth.figures();
      double[] errors = estimate.standardError().figures();
      for (int i = 0; i < is.length; i++) {
        within += Math.abs(said[i] - is[i]) <= 2 * errors[i] ? 1 : 0;
        asked++;
      }
    }
    assertThat(within / (double) asked).isGreaterThan(0.9);
    assertThat(asked).isEqualTo(1200);
  }

  @Property(tries = 100)
  void shouldComeWithinFivePercentAfterFiftySamples(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    StepCost truth = truth(random);
    Fit fit = learn(fresh(), truth, random, 50);
    assertThat(error(fit, truth)).isBetween(-0.05, 0.05);
    assertThat(fit.drifts()).isZero();
    assertThat(fit.stepCost().relativeError(32, 100, 32_000)).isLessThan(0.03);
  }

  @Property(tries = 100, seed = "7")
  void shouldNotBeMovedByPauses(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    StepCost truth = truth(random);
    Fit fit = learn(fresh(), truth, random, 60);
    for (int i = 0; i < 100; i++) {
      StepSample step = sample(truth, random, 0.05);
      double slow = random.nextInt(10) == 0 ? 10 + random.nextInt(90) : 1;
      fit =
          fit.seeing(
              new StepSample(
                  1, step.rootSequences(), step.tokens(), step.kvTokens(), slow * step.seconds()));
    }
    assertThat(error(fit, truth)).isBetween(-0.05, 0.05);
    assertThat(fit.drifts()).isZero();
    assertThat(fit.rejected()).isPositive();
  }

  @Property(tries = 100, seed = "7")
  void shouldNoticeAChangeOfSpeedWithinThirtySamplesAndFollowIt(
      @ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    StepCost before = truth(random);
    Fit fit = learn(fresh(), before, random, 200);
    double by = random.nextBoolean() ? 1.3 : 0.7;
    StepCost after =
        new StepCost(
            before.fixed() * by,
            before.perRootSequence() * by,
            before.perToken() * by,
            before.perKvToken() * by);
    fit = learn(fit, after, random, 30);
    assertThat(fit.drifts()).isPositive();
    fit = learn(fit, after, random, 40);
    assertThat(error(fit, after)).isBetween(-0.05, 0.05);
  }

  @Property(tries = 50)
  void shouldFindASpeedThatThePriorIsAHundredTimesOffOf(
      @ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    double by = random.nextBoolean() ? 100 : 0.01;
    StepCost truth =
        new StepCost(by * PRIOR.fixed(), by * PRIOR.perToken() * 3, by * PRIOR.perKvToken() / 2);
    Fit fit = learn(fresh(), truth, random, 100);
    assertThat(error(fit, truth)).isBetween(-0.06, 0.06);
  }

  @Property(tries = 50)
  void shouldNeverClaimANegativeCost(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    StepCost truth = new StepCost(0.02, 0, 1e-9 * random.nextDouble(), 0);
    Fit fit = fresh();
    for (int i = 0; i < 100; i++) {
      fit = fit.seeing(sample(truth, random, 0.05));
      StepCost said = fit.stepCost().cost();
      for (double figure : said.figures()) {
        assertThat(figure).isGreaterThanOrEqualTo(0);
      }
    }
    assertThat(error(fit, truth)).isBetween(-0.1, 0.1);
  }

  @Test
  void shouldLearnTheSameFromMeansOverManySteps() {
    Random random = new Random(5);
    StepCost truth = truth(random);
    Fit fit = fresh();
    for (int i = 0; i < 60; i++) {
      double root = 0;
      double tokens = 0;
      double kv = 0;
      double seconds = 0;
      for (int k = 0; k < 50; k++) {
        StepSample one = sample(truth, random, 0.05);
        root += one.rootSequences();
        tokens += one.tokens();
        kv += one.kvTokens();
        seconds += one.seconds();
      }
      fit = fit.seeing(new StepSample(50, root / 50, tokens / 50, kv / 50, seconds / 50));
    }
    assertThat(error(fit, truth)).isBetween(-0.02, 0.02);
  }

  @Test
  void shouldIgnoreFiguresThatNoStepCanHave() {
    Fit fit = learn(fresh(), PRIOR, new Random(1), 10);
    assertThat(fit.seeing(new StepSample(1, 1, 1, 1, Double.NaN))).isSameAs(fit);
    assertThat(fit.seeing(new StepSample(1, 1, 1, 1, 0))).isSameAs(fit);
    assertThat(fit.seeing(new StepSample(0, 1, 1, 1, 1))).isSameAs(fit);
    assertThat(fit.seeing(new StepSample(1, 1, -1, 1, 1))).isSameAs(fit);
    assertThat(fit.seeingFirstToken(10, 1, Double.POSITIVE_INFINITY, 1)).isSameAs(fit);
  }

  @Property(tries = 100)
  void shouldHoldSoundFiguresWhateverItSees(@ForAll @LongRange(max = 1 << 20) long seed) {
    Random random = new Random(seed);
    Fit fit = random.nextBoolean() ? fresh() : Fit.from(Physics.stepBelief(PRIOR), 0.2);
    for (int i = 0; i < 300; i++) {
      StepSample step = sample(PRIOR, random, 0.3);
      double by = Math.exp(random.nextInt(20) == 0 ? 8 * random.nextGaussian() : 0);
      fit =
          fit.seeing(
              new StepSample(
                  1 + random.nextInt(500),
                  step.rootSequences(),
                  step.tokens(),
                  i / 100 == 1 ? 0 : step.kvTokens(),
                  Math.clamp(by * step.seconds(), 1e-7, 1_000)));
      assertThat(fit.isSound()).as("after %d samples: %s", i + 1, fit).isTrue();
    }
  }

  @Test
  void shouldNotTakeFiguresForSoundThatNoSamplesMake() {
    Belief belief = Physics.stepBelief(PRIOR);
    assertThat(new Fit(belief, belief, 1, 0.05, 0, 0, 0, 0, 0).isSound()).isTrue();
    assertThat(new Fit(belief, belief, 1, Double.NaN, 0, 0, 0, 0, 0).isSound()).isFalse();
    assertThat(new Fit(belief, belief, 1, 0.05, 0, Double.NaN, 0, 0, 0).isSound()).isFalse();
    Belief short3 = Belief.of(new double[3], new double[3][3]);
    assertThat(new Fit(short3, belief, 1, 0.05, 0, 0, 0, 0, 0).isSound()).isFalse();
    List<Double> tied = new ArrayList<>(belief.covariance());
    tied.set(1, 2 * Math.sqrt(tied.get(0) * tied.get(5)));
    tied.set(4, tied.get(1));
    Belief unsound = new Belief(belief.mean(), tied);
    assertThat(new Fit(belief, unsound, 1, 0.05, 0, 0, 0, 0, 0).isSound()).isFalse();
  }
}
