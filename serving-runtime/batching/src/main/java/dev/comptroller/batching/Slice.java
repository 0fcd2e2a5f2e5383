package dev.comptroller.batching;

/// The share of one sequence in a step: tokens to compute at consecutive positions.
///
/// @param sequence the sequence's id
/// @param slot the engine's place for the sequence, 0 to maxSequences - 1
/// @param from the position of the first token
/// @param tokens the tokens to compute
/// @param samples whether the last token's logits are wanted, because the sequence has caught up
public record Slice(long sequence, int slot, int from, TokenIds tokens, boolean samples) {
  public Slice {
    if (tokens.size() == 0) {
      throw new IllegalArgumentException("A slice of sequence " + sequence + " has no tokens");
    }
  }

  /// How many tokens the slice computes.
  public int count() {
    return tokens.size();
  }
}
