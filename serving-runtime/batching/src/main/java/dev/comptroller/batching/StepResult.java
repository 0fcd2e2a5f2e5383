package dev.comptroller.batching;

import java.util.List;

/// What a step brought: one outcome for each slice that samples, in the plan's order.
public record StepResult(List<Outcome> outcomes) {
  public StepResult {
    outcomes = List.copyOf(outcomes);
  }

  /// What the sampled token means for its sequence.
  public sealed interface Outcome {
    /// The sequence.
    long sequence();
  }

  /// The sequence goes on with this token.
  public record Continues(long sequence, int token) implements Outcome {}

  /// The sequence is over: it leaves its slot and its cells.
  public record Ends(long sequence) implements Outcome {}
}
