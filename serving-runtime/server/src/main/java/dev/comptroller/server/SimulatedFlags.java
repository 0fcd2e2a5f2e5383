package dev.comptroller.server;

import dev.comptroller.engine.SimulatedOptions;
import picocli.CommandLine.Option;

/// How the simulated engine behaves: a step takes a + b * tokens + c * cached tokens read.
final class SimulatedFlags {
  private static final int CONTEXT = 4096;

  @Option(
      names = "--simulated-step-nanos",
      paramLabel = "A",
      defaultValue = "5000000",
      description = "simulated: time of a step, whatever it computes (default: ${DEFAULT-VALUE})")
  private double stepNanos;

  @Option(
      names = "--simulated-token-nanos",
      paramLabel = "B",
      defaultValue = "500000",
      description = "simulated: time for each token computed (default: ${DEFAULT-VALUE})")
  private double tokenNanos;

  @Option(
      names = "--simulated-kv-nanos",
      paramLabel = "C",
      defaultValue = "100",
      description =
          "simulated: time for each earlier token that one attends to (default: ${DEFAULT-VALUE})")
  private double kvNanos;

  @Option(
      names = "--simulated-answer-tokens",
      paramLabel = "N",
      defaultValue = "64",
      description = "simulated: tokens of every answer, 0 for no end (default: ${DEFAULT-VALUE})")
  private int answerTokens;

  @Option(
      names = "--simulated-kv-cells",
      paramLabel = "N",
      defaultValue = "0",
      description = "simulated: tokens kept in all; 0 for a full context for each sequence")
  private int kvCells;

  @Option(
      names = "--simulated-load-millis",
      paramLabel = "N",
      defaultValue = "0",
      description = "simulated: time to load the model (default: ${DEFAULT-VALUE})")
  private long loadMillis;

  /// The engine's options.
  ///
  /// @throws IllegalArgumentException when they contradict each other, naming them
  SimulatedOptions options(int contextLength, int maxSequences, int maxBatchedTokens) {
    if (loadMillis < 0) {
      throw new IllegalArgumentException(
          "--simulated-load-millis must be 0 or more, is " + loadMillis);
    }
    if (!Double.isFinite(stepNanos + tokenNanos + kvNanos)) {
      throw new IllegalArgumentException(
          "--simulated-* options: times must be numbers, are %s, %s and %s"
              .formatted(stepNanos, tokenNanos, kvNanos));
    }
    int context = contextLength == 0 ? CONTEXT : contextLength;
    int cells = kvCells == 0 ? Math.multiplyExact(context, maxSequences) : kvCells;
    try {
      return new SimulatedOptions(
          context,
          maxSequences,
          maxBatchedTokens,
          cells,
          answerTokens,
          stepNanos,
          tokenNanos,
          kvNanos);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--simulated-* options: " + e.getMessage(), e);
    }
  }

  /// How long it takes to load.
  long loadNanos() {
    return Math.multiplyExact(loadMillis, 1_000_000L);
  }
}
