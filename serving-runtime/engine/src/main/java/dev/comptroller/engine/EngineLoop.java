package dev.comptroller.engine;

import dev.comptroller.batching.Admission;
import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.Batcher;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.batching.StepResult;
import dev.comptroller.engine.LoopSnapshot.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/// The one thread that drives an engine: takes requests, plans a step, computes it, publishes.
///
/// One turn:
///
/// 1. Drain the commands (new requests, cancellations); wait for one when there is no work.
/// 2. Plan a step with the batcher.
/// 3. Compute it in the engine, sampling each row as it comes.
/// 4. Publish the tokens and complete the plan.
///
/// The loop never waits for a reader: a reader that falls [#READER_LAG] tokens behind loses its
/// request. Without work the thread sleeps.
public final class EngineLoop extends LoopBase {
  private final Engine engine;
  private final Batcher batcher;
  private final Sampler.Scratch scratch = new Sampler.Scratch();

  private EngineLoop(
      Engine engine,
      BatchLimits limits,
      LoopObserver observer,
      LongSupplier nanoClock,
      GpuMeter meter) {
    super(engine.info(), engine.tokenizer(), limits, observer, nanoClock, meter, "engine-loop");
    this.engine = engine;
    this.batcher = new Batcher(limits, info.kvCells(), info.contextLength());
  }

  /// Starts a loop over an engine, which it owns from now on and closes when it ends.
  ///
  /// @param nanoClock monotonic nanoseconds, such as `System::nanoTime`
  /// @throws IllegalArgumentException when the limits are beyond what the engine can hold; the
  ///     engine is left as it is then
  public static EngineLoop start(
      Engine engine, BatchLimits limits, LoopObserver observer, LongSupplier nanoClock) {
    GpuMeter meter = GpuMeter.starting(nanoClock);
    return start(engine, limits, observer, nanoClock, meter);
  }

  /// Starts a loop that tells a meter what the GPUs do.
  ///
  /// @param meter on the same clock; ready from now on
  public static EngineLoop start(
      Engine engine,
      BatchLimits limits,
      LoopObserver observer,
      LongSupplier nanoClock,
      GpuMeter meter) {
    EngineLoop loop = new EngineLoop(engine, limits, observer, nanoClock, meter);
    meter.serve(engine.workCost());
    loop.begin();
    return loop;
  }

  @Override
  void work() {
    while (drainCommands()) {
      turn();
    }
  }

  @Override
  void release() {
    engine.close();
  }

  /// Applies all commands, waiting for one when there is no work; false when the loop is to end.
  private boolean drainCommands() {
    while (true) {
      for (Command next = commands.poll(); next != null; next = commands.poll()) {
        apply(next);
      }
      if (ends()) {
        return false;
      }
      if (!batcher.empty()) {
        return true;
      }
      figures = figures(figures.progressNanos());
      rest();
      apply(nextCommand());
    }
  }

  @Override
  void take(Generation generation) {
    GenerationRequest request = generation.request;
    Admission admission =
        batcher.add(
            generation.id,
            request.requestClass(),
            request.prompt(),
            request.sampling().maxTokens(),
            generation.submittedNanos());
    if (!(admission instanceof Admission.Queued)) {
      throw new IllegalStateException("Accepted but not queued: " + admission);
    }
  }

  @Override
  void giveUp(long id) {
    if (batcher.abort(id)) {
      finish(id, FinishReason.CANCELLED, "");
    }
  }

  private void turn() {
    long begin = nanoClock.getAsLong();
    meter.beginStep(begin);
    StepPlan plan = batcher.plan(begin);
    plan.started().forEach(start -> observer.started(start.requestClass(), start.waitedNanos()));
    List<Choice> choices = new ArrayList<>();
    long engineBegin = nanoClock.getAsLong();
    long engineEnd;
    try {
      engine.step(plan, (slice, logits) -> choices.add(choose(slice, logits)));
    } finally {
      engineEnd = nanoClock.getAsLong();
      meter.endStep(plan, engineEnd);
    }
    List<StepResult.Outcome> outcomes = new ArrayList<>(choices.size());
    for (Slice slice : plan.slices()) {
      if (slice.samples()) {
        outcomes.add(publish(slice.sequence(), choices.get(outcomes.size()), engineEnd));
      }
    }
    batcher.complete(new StepResult(outcomes), engineEnd - engineBegin);
    long end = nanoClock.getAsLong();
    figures = figures(engineEnd);
    observer.step(
        new LoopObserver.StepReport(
            plan.slices().size(),
            plan.tokens(),
            outcomes.size(),
            plan.kvTokens(),
            end - begin,
            engineEnd - engineBegin));
  }

  private Choice choose(Slice slice, float[] logits) {
    return generation(slice.sequence()).choose(logits, info.vocabularySize(), scratch);
  }

  private StepResult.Outcome publish(long id, Choice choice, long nowNanos) {
    Generation generation = generation(id);
    Optional<Generation.Ending> ending = generation.publish(choice, tokenizer(), nowNanos);
    if (ending.isEmpty() && choice instanceof Choice.Chosen(int token, var _)) {
      return new StepResult.Continues(id, token);
    }
    ending.ifPresent(each -> generation.finish(each, 0, nowNanos));
    return new StepResult.Ends(id);
  }

  private Figures figures(long progressNanos) {
    return new Figures(
        load(RequestClass.INTERACTIVE),
        load(RequestClass.BATCH),
        batcher.ledger().used(),
        progressNanos);
  }

  private Load load(RequestClass requestClass) {
    return new Load(
        batcher.running(requestClass),
        batcher.waiting(requestClass),
        batcher.preemptions(requestClass));
  }
}
