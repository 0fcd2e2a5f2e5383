package dev.comptroller.engine;

import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.metering.WorkCost;

/// A model that computes steps; used by one thread at a time, except [#info] and [#tokenizer].
public interface Engine extends AutoCloseable {
  /// What the engine is; never changes.
  EngineInfo info();

  /// The model's tokenizer; usable from every thread until the engine is closed.
  Tokenizer tokenizer();

  /// Computes a plan and hands over a row of logits for each slice that samples, in plan order.
  ///
  /// @throws EngineException when the step failed as a whole; the engine is unusable afterwards
  void step(StepPlan plan, LogitsRows rows);

  /// What kinds of work cost in relation to each other.
  default WorkCost workCost() {
    return WorkCost.USUAL;
  }

  @Override
  void close();

  /// Takes the rows of logits of a step.
  @FunctionalInterface
  interface LogitsRows {
    /// One row. The array is the engine's scratch space: read or overwrite it before returning,
    /// keep nothing of it. The first `vocabularySize` values count.
    void row(Slice slice, float[] logits);
  }
}
