package dev.comptroller.decide.capacity;

/// How long a prompt takes from its start to its first token beside others, in seconds: `fixed +
/// perToken * prompt tokens computed + perSequence * sequences + perTokenSequence * both`.
///
/// The last two are what those cost that are served at the same time: their tokens in the same
/// steps,
/// and prompts that came at the same moment.
///
/// @param fixed seconds whatever the prompt
/// @param perToken seconds for each token of the prompt that is computed
/// @param perSequence seconds for each sequence that is served
/// @param perTokenSequence seconds for each token of the prompt and sequence
public record FirstTokenCost(
    double fixed, double perToken, double perSequence, double perTokenSequence) {
  static FirstTokenCost of(double[] figures) {
    return new FirstTokenCost(figures[0], figures[1], figures[2], figures[3]);
  }

  static double[] features(double inputTokens, double sequences) {
    return new double[] {1, inputTokens, sequences, inputTokens * sequences};
  }

  /// Seconds for a prompt of `inputTokens` computed tokens while `sequences` are served.
  public double seconds(double inputTokens, double sequences) {
    return fixed
        + perToken * inputTokens
        + perSequence * sequences
        + perTokenSequence * inputTokens * sequences;
  }
}
