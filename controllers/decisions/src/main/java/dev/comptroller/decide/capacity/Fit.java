package dev.comptroller.decide.capacity;

/// A linear figure that is learned from samples, one after the other: an immutable state.
///
/// 1. The belief is loosened a little, because speeds change: a Kalman filter on a random walk.
/// 2. A sample far from what was expected, against the belief's own error and the noise, is set
///    aside: a pause, a step in which something else ran. It moves nothing.
/// 3. Other samples move the belief. Noise is relative to the value and learned along.
/// 4. Drift: [#STREAK] samples set aside in a row, or a sum of smaller surprises in one direction
///    (CUSUM) above [#ALARM]. Then speed has changed: the belief is opened up around what the
/// change
///    makes of it and learns anew, and `drifts` counts up.
///
/// Errors are those of the belief, so they grow where the samples tell nothing. Coefficients are
/// never negative.
///
/// @param prior the belief before any sample, or since the last drift; no belief is ever wider
/// @param belief the present one
/// @param samples how many moved it since it began or drifted
/// @param noise relative standard deviation of a sample
/// @param streak samples set aside in a row
/// @param up CUSUM of surprises upwards
/// @param down CUSUM of surprises downwards
/// @param rejected samples set aside, ever
/// @param drifts alarms, ever
public record Fit(
    Belief prior,
    Belief belief,
    long samples,
    double noise,
    int streak,
    double up,
    double down,
    long rejected,
    long drifts) {
  /// Samples set aside in a row that are no accident.
  public static final int STREAK = 8;

  /// The sum of surprises, in standard deviations, that is no accident.
  public static final double ALARM = 12;

  private static final double SLACK = 0.5;
  private static final double FAR = 4;
  /// Relative noise of steps that is assumed at first.
  public static final double STEP_NOISE = 0.05;

  /// Relative noise of times to the first token that is assumed at first.
  public static final double FIRST_TOKEN_NOISE = 0.2;

  private static final double LEAST_NOISE = 0.005;
  private static final double MOST_NOISE = 0.5;
  private static final int YOUNG = 20;
  /* What nobody lives to see. */
  private static final long MOST_SAMPLES = 1L << 50;
  private static final double WALK = 0.0005;

  /// A fit that knows nothing but `prior`, of samples that are off by about `noise` of themselves.
  public static Fit from(Belief prior, double noise) {
    return new Fit(prior, prior, 0, noise, 0, 0, 0, 0, 0);
  }

  /// The fit of steps after `sample`; the same if the sample is no sound one.
  public Fit seeing(StepSample sample) {
    return sample.isSound() ? seeing(sample.features(), sample.seconds(), sample.steps()) : this;
  }

  /// The fit of first tokens after a mean over `requests` of them; the same if it is no sound one.
  public Fit seeingFirstToken(
      double inputTokens, double sequences, double seconds, double requests) {
    boolean sound =
        requests >= 1
            && Double.isFinite(seconds)
            && seconds > 0
            && Double.isFinite(inputTokens)
            && inputTokens >= 0
            && Double.isFinite(sequences)
            && sequences >= 0;
    return sound
        ? seeing(FirstTokenCost.features(inputTokens, sequences), seconds, requests)
        : this;
  }

  /// Whether all figures are such as samples make: what was stored may be anything.
  public boolean isSound() {
    return prior.isSound(StepCost.SIZE)
        && belief.isSound(StepCost.SIZE)
        && isCount(samples)
        && noise >= LEAST_NOISE
        && noise <= MOST_NOISE
        && streak >= 0
        && streak < STREAK
        && isSum(up)
        && isSum(down)
        && isCount(rejected)
        && isCount(drifts);
  }

  static boolean isCount(long count) {
    return count >= 0 && count <= MOST_SAMPLES;
  }

  private static boolean isSum(double surprises) {
    return surprises >= 0 && surprises <= ALARM;
  }

  /// A mean over many steps is surer than one step, but by less than their number says: what makes
  /// one of them slow makes its neighbours slow.
  static double relief(double count) {
    return Math.sqrt(Math.min(Math.max(count, 1), 64));
  }

  private Fit seeing(double[] features, double value, double count) {
    Belief loose = belief.loosened(WALK, prior);
    double expected = loose.expects(features);
    // Noise is relative to what is seen, as far as that is not far below what is expected.
    double scale = Math.max(value, expected / 4);
    double own = noise * scale / Math.sqrt(relief(count));
    double spread = Math.sqrt(loose.variance(features) + own * own);
    double surprise = (value - expected) / spread;
    if (Math.abs(surprise) > FAR) {
      return setAside(loose, features, value);
    }
    Belief next = loose.seeing(features, value, own * own);
    // The product of the surprises before and after has the noise's variance as its mean.
    double left = (value - expected) * (value - next.expects(features)) / (scale * scale);
    double seen = Math.min(left * relief(count), FAR * FAR * noise * noise);
    double rate = Math.max(0.01, 1.0 / (samples + 10)) * own * own / (spread * spread);
    boolean young = samples < YOUNG;
    Fit after =
        new Fit(
            prior,
            next,
            samples + 1,
            Math.clamp(
                Math.sqrt((1 - rate) * noise * noise + rate * seen), LEAST_NOISE, MOST_NOISE),
            0,
            young ? 0 : Math.max(0, up + surprise - SLACK),
            young ? 0 : Math.max(0, down - surprise - SLACK),
            rejected,
            drifts);
    return Math.max(after.up, after.down) > ALARM ? after.drifted(1) : after;
  }

  private Fit setAside(Belief loose, double[] features, double value) {
    Fit after = new Fit(prior, loose, samples, noise, streak + 1, up, down, rejected + 1, drifts);
    if (after.streak < STREAK) {
      return after;
    }
    double expected = belief.nonNegative().expects(features);
    Fit open = after.drifted(expected > 0 ? value / expected : 1);
    double own = open.noise * value;
    return new Fit(
        open.prior,
        open.belief.seeing(features, value, own * own),
        1,
        open.noise,
        0,
        0,
        0,
        rejected,
        open.drifts);
  }

  /// The fit that has noticed a change to `by` times the cost: as open as at the beginning, around
  /// what that makes of what was believed.
  private Fit drifted(double by) {
    double[] means = belief.nonNegative().means();
    double[] first = prior.errors();
    double[] floor = new double[means.length];
    double before = 0;
    double wide = 0;
    for (int i = 0; i < means.length; i++) {
      before += Math.abs(prior.mean().get(i)) / Math.max(first[i], Double.MIN_NORMAL);
      wide += means[i] / Math.max(first[i], Double.MIN_NORMAL);
    }
    // Errors of the beginning, in the measure of what costs have become since.
    double grown = before > 0 && wide > 0 ? wide / before * by : by;
    for (int i = 0; i < means.length; i++) {
      means[i] *= by;
      floor[i] = first[i] / 4 * grown;
    }
    Belief open = Belief.around(means, 1, 1, floor);
    return new Fit(open, open, 0, noise, 0, 0, 0, rejected, drifts + 1);
  }

  /// The coefficients and their standard errors, as the cost of steps.
  public StepCostEstimate stepCost() {
    Belief sure = belief.nonNegative();
    return new StepCostEstimate(
        StepCost.of(sure.means()), StepCost.of(belief.errors()), samples, noise, belief);
  }

  /// The coefficients as the cost of first tokens.
  public FirstTokenCost firstTokenCost() {
    return FirstTokenCost.of(belief.nonNegative().means());
  }
}
