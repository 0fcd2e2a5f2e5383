package dev.comptroller.batching;

/// How many tokens of batch work a step may have, so that an interactive request that arrives in
/// the middle of a step need not wait long for its end.
///
/// It learns from steps: one that took longer than the target lowers the number in proportion, one
/// that was held back by it and took less raises it. A step cannot be shorter than what the engine
/// takes for next to nothing, so the target is at least 1.5 times the shortest step seen.
final class BatchPace {
  private final int most;
  private final long targetNanos;
  private int tokens;
  private long shortestNanos = Long.MAX_VALUE / 2;

  /// @param first tokens to begin with
  /// @param most the most tokens ever
  /// @param targetNanos how long a step with batch work may take
  BatchPace(int first, int most, long targetNanos) {
    this.tokens = first;
    this.most = most;
    this.targetNanos = targetNanos;
  }

  /// The most tokens of batch work in the next step, at least 1.
  int tokens() {
    return tokens;
  }

  /// Learns from a step.
  ///
  /// @param batchTokens its tokens of batch work
  void took(int batchTokens, long nanos) {
    shortestNanos = Math.min(shortestNanos, Math.max(1, nanos));
    if (batchTokens == 0) {
      return;
    }
    long target = Math.max(targetNanos, shortestNanos + shortestNanos / 2);
    if (nanos > target) {
      tokens = Math.max(1, (int) (batchTokens * (double) target / nanos));
    } else if (batchTokens >= tokens) {
      int step = nanos * 2 <= target ? tokens : Math.max(1, tokens / 8);
      tokens = Math.min(most, tokens + step);
    }
  }
}
