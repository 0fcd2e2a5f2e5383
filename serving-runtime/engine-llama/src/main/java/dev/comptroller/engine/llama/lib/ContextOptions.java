package dev.comptroller.engine.llama.lib;

/// The sizes of a context.
///
/// @param cells tokens that the key-value cache keeps, over all sequences
/// @param maxSequences sequence ids, 0 to `maxSequences - 1`, and rows of logits in a batch
/// @param maxBatchedTokens tokens of one batch
/// @param threads CPU threads
public record ContextOptions(int cells, int maxSequences, int maxBatchedTokens, int threads) {}
