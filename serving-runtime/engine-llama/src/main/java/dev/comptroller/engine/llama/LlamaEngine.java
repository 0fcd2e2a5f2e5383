package dev.comptroller.engine.llama;

import dev.comptroller.engine.Engine;

/// A model in llama.cpp: one context, many sequences, ragged batches.
public abstract class LlamaEngine implements Engine {
  /// Loads the natives and the model; takes seconds for large files.
  ///
  /// @throws dev.comptroller.engine.EngineException when the natives or the model are missing, of
  ///     another version, or damaged; the message says which and what to do
  public static LlamaEngine open(LlamaOptions options) {
    throw new IllegalStateException("Not there yet: " + options);
  }
}
