package dev.comptroller.engine.llama;

import java.nio.file.Path;

/// How a model is opened.
///
/// @param natives the folder with `libllama` and `libggml*`
/// @param model the GGUF file
/// @param contextLength the most tokens of one sequence; 0 for the length the model was trained on
/// @param maxSequences sequences that run at once
/// @param maxBatchedTokens the most tokens of a step
/// @param kvCells tokens that all sequences together may keep; 0 for one whole context, or
///     [#CELLS_PER_SEQUENCE] for each sequence where that is more
/// @param threads CPU threads of a step
public record LlamaOptions(
    Path natives,
    Path model,
    int contextLength,
    int maxSequences,
    int maxBatchedTokens,
    int kvCells,
    int threads) {
  /// Cells that a sequence counts for when `kvCells` is 0.
  public static final int CELLS_PER_SEQUENCE = 512;

  public LlamaOptions {
    require(contextLength >= 0 && contextLength != 1, "contextLength", contextLength);
    require(maxSequences >= 1 && maxSequences <= 256, "maxSequences (1 to 256)", maxSequences);
    require(maxBatchedTokens >= maxSequences, "maxBatchedTokens", maxBatchedTokens);
    require(kvCells >= 0, "kvCells", kvCells);
    require(threads >= 1, "threads", threads);
  }

  /// A model with defaults for everything but its limits.
  public static LlamaOptions of(Path natives, Path model, int maxSequences, int maxBatchedTokens) {
    return new LlamaOptions(
        natives,
        model,
        0,
        maxSequences,
        maxBatchedTokens,
        0,
        defaultThreads(Runtime.getRuntime().availableProcessors()));
  }

  /// Half of the processors: the library's threads wait for each other by spinning, so that a step
  /// takes many times as long when other programs keep one of them from running.
  public static int defaultThreads(int processors) {
    return Math.max(1, processors / 2);
  }

  /// These with another context length.
  public LlamaOptions withContextLength(int contextLength) {
    return new LlamaOptions(
        natives, model, contextLength, maxSequences, maxBatchedTokens, kvCells, threads);
  }

  /// These with another number of cells.
  public LlamaOptions withKvCells(int kvCells) {
    return new LlamaOptions(
        natives, model, contextLength, maxSequences, maxBatchedTokens, kvCells, threads);
  }

  /// These with another number of threads.
  public LlamaOptions withThreads(int threads) {
    return new LlamaOptions(
        natives, model, contextLength, maxSequences, maxBatchedTokens, kvCells, threads);
  }

  private static void require(boolean holds, String field, int value) {
    if (!holds) {
      throw new IllegalArgumentException(field + " is " + value + ", which is out of range");
    }
  }
}
