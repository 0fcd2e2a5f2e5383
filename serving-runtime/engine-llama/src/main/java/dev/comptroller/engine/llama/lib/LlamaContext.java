package dev.comptroller.engine.llama.lib;

/// A model's working memory: a key-value cache and one batch; used by one thread at a time.
public interface LlamaContext extends AutoCloseable {
  /// The cells that it really has; at least as many as asked for.
  int cells();

  /// Forgets all tokens of a sequence.
  void forget(int sequence);

  /// Empties the batch.
  void clearBatch();

  /// Adds a token to the batch.
  ///
  /// @param logits whether its row of logits is wanted
  /// @return its index in the batch
  int addToBatch(int token, int position, int sequence, boolean logits);

  /// Computes the batch.
  Decoded decode();

  /// Copies the row of logits of a token in the batch that was computed last.
  void logits(int batchIndex, float[] into);

  @Override
  void close();

  /// What became of a batch.
  sealed interface Decoded {
    /// It is computed.
    record Done() implements Decoded {}

    /// The cache has no room for it; nothing changed.
    record NoCells() implements Decoded {}

    /// It failed.
    record Failed(int code, String log) implements Decoded {}
  }
}
