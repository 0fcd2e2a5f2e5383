package dev.comptroller.engine.llama;

import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.engine.Engine;
import dev.comptroller.engine.EngineException;
import dev.comptroller.engine.EngineInfo;
import dev.comptroller.engine.TemplateTokenizer;
import dev.comptroller.engine.llama.ffi.NativeLoader;
import dev.comptroller.engine.llama.lib.ContextOptions;
import dev.comptroller.engine.llama.lib.LlamaContext;
import dev.comptroller.engine.llama.lib.LlamaLibrary;
import dev.comptroller.engine.llama.lib.LlamaModel;

/// A model in llama.cpp: one context, many sequences, ragged batches.
///
/// A plan becomes one batch: the tokens of all slices one after another, each with its position
/// and its slot as the sequence id, and logits only for the last token of a slice that samples. All
/// sequences share one pool of cells.
public final class LlamaEngine implements Engine {
  private final LlamaModel model;
  private final LlamaContext context;
  private final LlamaTokenizer tokenizer;
  private final EngineInfo info;
  private final float[] row;

  private LlamaEngine(LlamaLibrary library, LlamaModel model, LlamaOptions options) {
    this.model = model;
    int contextLength = contextLength(model, options);
    int kvCells = kvCells(contextLength, options);
    this.context =
        model.newContext(
            new ContextOptions(
                kvCells, options.maxSequences(), options.maxBatchedTokens(), options.threads()));
    this.tokenizer = new LlamaTokenizer(model);
    this.info =
        new EngineInfo(
            "llama.cpp " + library.version(),
            model.metadata("general.name").orElse(options.model().getFileName().toString()),
            model.description(),
            contextLength,
            model.vocabularySize(),
            model.weightsBytes(),
            model.parameters(),
            options.maxSequences(),
            options.maxBatchedTokens(),
            kvCells);
    this.row = new float[model.vocabularySize()];
  }

  /// Loads the natives and the model; takes seconds for large files.
  ///
  /// @throws EngineException when the natives or the model are missing, of another version, or
  ///     damaged; the message says which and what to do
  public static LlamaEngine open(LlamaOptions options) {
    LlamaLibrary library = NativeLoader.load(options.natives());
    LlamaModel model = library.openModel(options.model());
    try {
      return new LlamaEngine(library, model, options);
    } catch (RuntimeException | Error failure) {
      model.close();
      throw failure;
    }
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public TemplateTokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public void step(StepPlan plan, LogitsRows rows) {
    for (int slot : plan.cleared()) {
      context.forget(slot);
    }
    context.clearBatch();
    for (Slice slice : plan.slices()) {
      int last = slice.count() - 1;
      for (int i = 0; i <= last; i++) {
        context.addToBatch(
            slice.tokens().at(i), slice.from() + i, slice.slot(), slice.samples() && i == last);
      }
    }
    switch (context.decode()) {
      case LlamaContext.Decoded.Done() -> {}
      case LlamaContext.Decoded.NoCells() ->
          throw new EngineException(
              "llama.cpp found no cells for " + plan.tokens() + " tokens of " + info.kvCells());
      case LlamaContext.Decoded.Failed(int code, String log) ->
          throw new EngineException("llama_decode answered " + code + ": " + log);
    }
    int index = -1;
    for (Slice slice : plan.slices()) {
      index += slice.count();
      if (slice.samples()) {
        context.logits(index, row);
        rows.row(slice, row);
      }
    }
  }

  @Override
  public void close() {
    context.close();
    model.close();
  }

  private static int contextLength(LlamaModel model, LlamaOptions options) {
    int trained = model.trainedContextLength();
    if (options.contextLength() > trained) {
      throw new EngineException(
          "contextLength is "
              + options.contextLength()
              + ", but the model was trained on "
              + trained
              + "; lower it to that or less");
    }
    return options.contextLength() == 0 ? trained : options.contextLength();
  }

  private static int kvCells(int contextLength, LlamaOptions options) {
    if (options.kvCells() == 0) {
      return Math.max(
          contextLength,
          Math.min(
              Math.multiplyExact(contextLength, options.maxSequences()),
              LlamaOptions.CELLS_PER_SEQUENCE * options.maxSequences()));
    }
    if (options.kvCells() < contextLength) {
      throw new EngineException(
          "kvCells is "
              + options.kvCells()
              + ", but one sequence may have "
              + contextLength
              + " tokens; raise it to that or more, or lower contextLength");
    }
    return options.kvCells();
  }
}
