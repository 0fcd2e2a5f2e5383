package dev.comptroller.batching;

import java.util.List;

/// What one step computes: the slots to forget first, then a slice for each sequence.
///
/// There is no prefill and no decode: each sequence gets a number of tokens, so that what is
/// computed catches up with what is known.
///
/// @param cleared slots whose cells are to be dropped before anything is computed
/// @param started sequences that get their slot for the first time in this step
/// @param preempted sequences that lost their slot, to an older or an interactive one, and wait to
///     be computed again
/// @param slices at most one for each running sequence
public record StepPlan(
    List<Integer> cleared, List<Started> started, List<Long> preempted, List<Slice> slices) {
  public StepPlan {
    cleared = List.copyOf(cleared);
    started = List.copyOf(started);
    preempted = List.copyOf(preempted);
    slices = List.copyOf(slices);
  }

  /// A plan of slices alone.
  public static StepPlan of(List<Integer> cleared, List<Slice> slices) {
    return new StepPlan(cleared, List.of(), List.of(), slices);
  }

  /// All tokens of the step.
  public int tokens() {
    int sum = 0;
    for (Slice slice : slices) {
      sum += slice.count();
    }
    return sum;
  }

  /// Tokens of the cache that the step reads: of each sequence all up to its last token.
  public long kvTokens() {
    long sum = 0;
    for (Slice slice : slices) {
      sum += (long) slice.from() + slice.count();
    }
    return sum;
  }

  /// Whether there is nothing to compute.
  public boolean idle() {
    return slices.isEmpty();
  }

  /// A sequence that starts, and how long it waited.
  public record Started(long sequence, RequestClass requestClass, long waitedNanos) {}
}
