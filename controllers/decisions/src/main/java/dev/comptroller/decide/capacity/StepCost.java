package dev.comptroller.decide.capacity;

/// How long a step of a replica takes, in seconds: `fixed + perRootSequence * sqrt(sequences) +
/// perToken * tokens computed + perKvToken * tokens of KV read`.
///
/// The root is what small batches share badly: experts that only some sequences need, kernels that
/// are not filled. It is zero where that does not show.
///
/// @param fixed seconds of a step whatever it computes: weights read, kernels launched
/// @param perRootSequence seconds for the root of the number of sequences
/// @param perToken seconds for each token computed, of prompts and of answers
/// @param perKvToken seconds for each token of the cache that is read
public record StepCost(double fixed, double perRootSequence, double perToken, double perKvToken) {
  /// The number of figures.
  static final int SIZE = 4;

  public StepCost {
    require("fixed", fixed);
    require("perRootSequence", perRootSequence);
    require("perToken", perToken);
    require("perKvToken", perKvToken);
  }

  /// A step without the root.
  public StepCost(double fixed, double perToken, double perKvToken) {
    this(fixed, 0, perToken, perKvToken);
  }

  static StepCost of(double[] figures) {
    return new StepCost(figures[0], figures[1], figures[2], figures[3]);
  }

  double[] figures() {
    return new double[] {fixed, perRootSequence, perToken, perKvToken};
  }

  /// Seconds of a step.
  public double seconds(double sequences, double tokens, double kvTokens) {
    return fixed
        + perRootSequence * Math.sqrt(sequences)
        + perToken * tokens
        + perKvToken * kvTokens;
  }

  /// Seconds of the mean step while `sequences` requests of this kind are served at once, each
  /// replaced by the next when it ends: their prompts are computed along with the answers.
  ///
  /// @param maxBatchedTokens tokens that a step computes at most: more of them take more steps
  public double seconds(double sequences, Workload workload, double maxBatchedTokens) {
    double tokens = sequences * workload.tokensPerStep();
    double steps = Math.max(1, tokens / maxBatchedTokens);
    return (steps - 1) * fixed + seconds(sequences, tokens, sequences * workload.meanKvTokens());
  }

  private static void require(String name, double value) {
    if (!Double.isFinite(value) || value < 0) {
      throw new IllegalArgumentException(
          "%s of a step's cost is %s, not zero or more".formatted(name, value));
    }
  }
}
