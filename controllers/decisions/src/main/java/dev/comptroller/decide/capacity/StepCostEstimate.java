package dev.comptroller.decide.capacity;

/// A step's cost as far as it is known.
///
/// @param cost the most likely
/// @param standardError of each figure
/// @param samples that it comes from; 0 if it is a physical estimate
/// @param noise relative standard deviation of a single sample
/// @param belief the whole distribution
public record StepCostEstimate(
    StepCost cost, StepCost standardError, long samples, double noise, Belief belief) {
  /// The standard error of the mean time of such a step, in seconds: noise of single steps apart.
  public double error(double sequences, double tokens, double kvTokens) {
    return Math.sqrt(belief.variance(new double[] {1, Math.sqrt(sequences), tokens, kvTokens}));
  }

  /// The same relative to the time.
  public double relativeError(double sequences, double tokens, double kvTokens) {
    double seconds = cost.seconds(sequences, tokens, kvTokens);
    return seconds > 0 ? error(sequences, tokens, kvTokens) / seconds : Double.POSITIVE_INFINITY;
  }
}
