package dev.comptroller.engine;

import dev.comptroller.metering.WorkCost;

/// What a simulated engine pretends to be.
///
/// A step takes `fixedNanos + nanosPerToken * tokens + nanosPerKvToken * tokens read from cells`.
///
/// @param contextLength the most tokens of one sequence
/// @param maxSequences slots
/// @param maxBatchedTokens the most tokens of a step
/// @param kvCells tokens that all sequences together may keep
/// @param answerTokens tokens of every answer, after which it ends; 0 for answers without end
/// @param fixedNanos time of a step, whatever it computes
/// @param nanosPerToken time for each token computed
/// @param nanosPerKvToken time for each earlier token that a computed token attends to
public record SimulatedOptions(
    int contextLength,
    int maxSequences,
    int maxBatchedTokens,
    int kvCells,
    int answerTokens,
    double fixedNanos,
    double nanosPerToken,
    double nanosPerKvToken) {
  public SimulatedOptions {
    if (contextLength < 2 || kvCells < contextLength) {
      throw new IllegalArgumentException(
          "contextLength is "
              + contextLength
              + " and kvCells "
              + kvCells
              + "; allowed: contextLength 2 to kvCells");
    }
    if (fixedNanos < 0 || nanosPerToken < 0 || nanosPerKvToken < 0 || answerTokens < 0) {
      throw new IllegalArgumentException(
          "A negative time or answer: "
              + fixedNanos
              + " ns, "
              + nanosPerToken
              + " ns/token, "
              + nanosPerKvToken
              + " ns/cell, "
              + answerTokens);
    }
  }

  /// About the pace of a small model on a few CPU cores.
  public static SimulatedOptions of(int contextLength, int maxSequences, int maxBatchedTokens) {
    return new SimulatedOptions(
        contextLength,
        maxSequences,
        maxBatchedTokens,
        Math.multiplyExact(contextLength, maxSequences),
        64,
        5_000_000,
        500_000,
        100);
  }

  /// What work costs by these times, in thousandths of a nanosecond.
  public WorkCost workCost() {
    long token = Math.round(nanosPerToken * 1000);
    return new WorkCost(token, token, Math.round(nanosPerKvToken * 1000));
  }

  /// How long a step takes.
  public long stepNanos(int tokens, long kvRead) {
    return Math.round(fixedNanos + nanosPerToken * tokens + nanosPerKvToken * kvRead);
  }
}
