package dev.comptroller.decide.capacity;

/// Steps as they were measured: means over `steps` of them. A cost that is linear in these figures
/// is exact for their means.
///
/// @param steps how many, 1 or more
/// @param rootSequences mean root of the number of sequences
/// @param tokens mean tokens computed
/// @param kvTokens mean tokens of KV read
/// @param seconds mean wall time
public record StepSample(
    double steps, double rootSequences, double tokens, double kvTokens, double seconds) {
  /// One step.
  public static StepSample one(double sequences, double tokens, double kvTokens, double seconds) {
    return new StepSample(1, Math.sqrt(sequences), tokens, kvTokens, seconds);
  }

  /// Whether all figures are such as steps can have.
  public boolean isSound() {
    return steps >= 1
        && finite(rootSequences)
        && finite(tokens)
        && finite(kvTokens)
        && finite(seconds)
        && seconds > 0
        && tokens > 0;
  }

  double[] features() {
    return new double[] {1, rootSequences, tokens, kvTokens};
  }

  private static boolean finite(double figure) {
    return Double.isFinite(figure) && figure >= 0;
  }
}
