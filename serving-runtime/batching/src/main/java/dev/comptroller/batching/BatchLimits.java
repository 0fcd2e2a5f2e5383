package dev.comptroller.batching;

/// The limits of one batcher.
///
/// @param maxSequences sequences that run at once (slots), at least 1
/// @param maxBatchedTokens tokens computed in one step over all sequences, at least `maxSequences`
///     so that every running sequence can take its next token
/// @param maxQueued requests that may wait for a slot, at least 0
public record BatchLimits(int maxSequences, int maxBatchedTokens, int maxQueued) {
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
  }
}
