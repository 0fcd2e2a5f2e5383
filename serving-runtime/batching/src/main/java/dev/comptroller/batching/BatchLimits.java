package dev.comptroller.batching;

/// The limits of one batcher.
///
/// @param maxSequences sequences that run at once (slots), at least 1
/// @param maxBatchedTokens tokens computed in one step over all sequences, at least `maxSequences`
///     so that every running sequence can take its next token
/// @param maxQueued requests of each class that may wait for a slot, at least 0
/// @param maxQueueNanos the longest that an interactive request is expected to wait for a slot, or
///     0: the number alone bounds the queue
/// @param batchStepNanos how long a step with batch work should take at most: what an interactive
///     request may find in its way when it arrives
public record BatchLimits(
    int maxSequences,
    int maxBatchedTokens,
    int maxQueued,
    long maxQueueNanos,
    long batchStepNanos) {
  /// How long a step with batch work should take at most when nothing else is said.
  public static final long DEFAULT_BATCH_STEP_NANOS = 10_000_000;

  public BatchLimits {
    if (maxSequences < 1) {
      throw new IllegalArgumentException(
          "maxSequences is " + maxSequences + "; set it to 1 or more");
    }
    if (maxBatchedTokens < maxSequences) {
      throw new IllegalArgumentException(
          "maxBatchedTokens is "
              + maxBatchedTokens
              + "; set it to at least maxSequences ("
              + maxSequences
              + "), one token for every running sequence");
    }
    if (maxQueued < 0) {
      throw new IllegalArgumentException("maxQueued is " + maxQueued + "; set it to 0 or more");
    }
    if (maxQueueNanos < 0) {
      throw new IllegalArgumentException(
          "maxQueueNanos is " + maxQueueNanos + "; set it to 0 or more");
    }
    if (batchStepNanos < 1) {
      throw new IllegalArgumentException(
          "batchStepNanos is " + batchStepNanos + "; set it to 1 or more");
    }
  }

  /// Limits with the usual time for steps with batch work, and a queue bounded by its number alone.
  public BatchLimits(int maxSequences, int maxBatchedTokens, int maxQueued) {
    this(maxSequences, maxBatchedTokens, maxQueued, 0, DEFAULT_BATCH_STEP_NANOS);
  }

  /// The most sequences of one class, running and waiting: classes do not take each other's places.
  public int places() {
    return maxSequences + maxQueued;
  }
}
