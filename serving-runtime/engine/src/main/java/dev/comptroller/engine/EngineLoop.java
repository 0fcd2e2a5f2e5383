package dev.comptroller.engine;

import dev.comptroller.batching.Admission;
import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.Batcher;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.Slice;
import dev.comptroller.batching.StepPlan;
import dev.comptroller.batching.StepResult;
import dev.comptroller.engine.LoopSnapshot.Load;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The one thread that drives an engine: takes requests, plans a step, computes it, publishes.
///
/// One turn:
///
/// 1. Drain the commands (new requests, cancellations); wait for one when there is no work.
/// 2. Plan a step with the batcher.
/// 3. Compute it in the engine, sampling each row as it comes.
/// 4. Publish the tokens and complete the plan.
///
/// What holds: a request that was accepted ends exactly once, whatever happens, also when the
/// engine fails or the loop is closed. At most `maxSequences + maxQueued` requests of each class
/// are in the loop, so that no amount of batch work refuses an interactive request.
/// The loop never waits for a reader: a reader that falls [#READER_LAG] tokens behind loses its
/// request. Without work the thread sleeps.
///
/// | field | written by | read by | guard |
/// |---|---|---|---|
/// | batcher, live, scratch | loop thread | loop thread | none needed |
/// | state, inFlight, nextId, busySince | any | any | gate |
/// | figures | loop thread | any | volatile |
public final class EngineLoop implements AutoCloseable {
  /// Tokens of one request that may wait for their reader.
  public static final int READER_LAG = 4096;

  private final Engine engine;
  private final EngineInfo info;
  private final BatchLimits limits;
  private final LoopObserver observer;
  private final LongSupplier nanoClock;
  private final GpuMeter meter;
  private final Thread thread;

  private final ReentrantLock gate = new ReentrantLock();
  private LoopState state = new LoopState.Serving();
  private final EnumMap<RequestClass, Integer> inFlight = new EnumMap<>(RequestClass.class);
  private long nextId = 1;
  private long busySinceNanos;

  private final LinkedBlockingQueue<Command> commands = new LinkedBlockingQueue<>();
  private final CountDownLatch idleForGood = new CountDownLatch(1);
  private volatile Figures figures = new Figures(Load.NONE, Load.NONE, 0, 0);

  private final Batcher batcher;
  private final Map<Long, Generation> live = new LinkedHashMap<>();
  private final Sampler.Scratch scratch = new Sampler.Scratch();

  private EngineLoop(
      Engine engine,
      BatchLimits limits,
      LoopObserver observer,
      LongSupplier nanoClock,
      GpuMeter meter) {
    this.engine = engine;
    this.info = engine.info();
    this.limits = limits;
    this.observer = observer;
    this.nanoClock = nanoClock;
    this.meter = meter;
    this.batcher = new Batcher(limits, info.kvCells(), info.contextLength());
    this.thread = Thread.ofPlatform().name("engine-loop").daemon().unstarted(this::run);
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
    requireWithin("maxSequences", limits.maxSequences(), engine.info().maxSequences());
    requireWithin("maxBatchedTokens", limits.maxBatchedTokens(), engine.info().maxBatchedTokens());
    EngineLoop loop = new EngineLoop(engine, limits, observer, nanoClock, meter);
    meter.serve(engine.workCost());
    loop.thread.start();
    return loop;
  }

  /// Hands a request over; safe from any thread, does not wait for the engine.
  public Submission submit(GenerationRequest request) {
    Rejection refusal = refusal(request);
    if (refusal == null) {
      gate.lock();
      try {
        refusal = refusalByState(request.requestClass());
        if (refusal == null) {
          return new Submission.Accepted(enqueue(request));
        }
      } finally {
        gate.unlock();
      }
    }
    observer.rejected(refusal);
    return new Submission.Rejected(refusal);
  }

  /// The loop's figures now; safe from any thread.
  public LoopSnapshot snapshot() {
    Figures seen = figures;
    gate.lock();
    try {
      long stalled = 0;
      if (inFlight() > 0) {
        stalled = nanoClock.getAsLong() - latest(busySinceNanos, seen.progressNanos());
      }
      return new LoopSnapshot(
          state,
          load(RequestClass.INTERACTIVE, seen.interactive()),
          load(RequestClass.BATCH, seen.batch()),
          seen.kvUsed(),
          info.kvCells(),
          Math.max(0, stalled));
    } finally {
      gate.unlock();
    }
  }

  /// What the engine is.
  public EngineInfo info() {
    return info;
  }

  /// The model's tokenizer; usable until the loop is closed.
  public Tokenizer tokenizer() {
    return engine.tokenizer();
  }

  /// The limits in force.
  public BatchLimits limits() {
    return limits;
  }

  /// Takes nothing new from now on; what was accepted runs to its end.
  public void drain() {
    gate.lock();
    try {
      if (state instanceof LoopState.Serving) {
        state = new LoopState.Draining();
        meter.drain();
        commands.add(new Command.Wake());
      }
    } finally {
      gate.unlock();
    }
  }

  /// Waits until nothing runs or waits any more, after [#drain].
  ///
  /// @return whether that came in time
  public boolean awaitDrained(Duration patience) throws InterruptedException {
    return idleForGood.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Ends the loop: what still runs ends with [FinishReason#CANCELLED], and the engine is closed.
  /// Waits for the step that is being computed.
  @Override
  public void close() {
    gate.lock();
    try {
      if (!(state instanceof LoopState.Failed)) {
        state = new LoopState.Closed();
        meter.drain();
      }
      commands.add(new Command.Wake());
    } finally {
      gate.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable Rejection refusal(GenerationRequest request) {
    int prompt = request.prompt().size();
    int maxTokens = request.sampling().maxTokens();
    if (prompt == 0) {
      return new Rejection.PromptEmpty();
    }
    if (prompt + (long) maxTokens > info.contextLength()) {
      return new Rejection.PromptTooLong(prompt, maxTokens, info.contextLength());
    }
    for (int i = 0; i < prompt; i++) {
      int token = request.prompt().at(i);
      if (token < 0 || token >= info.vocabularySize()) {
        return new Rejection.TokenUnknown(token, info.vocabularySize());
      }
    }
    return null;
  }

  private @Nullable Rejection refusalByState(RequestClass requestClass) {
    return switch (state) {
      case LoopState.Draining _, LoopState.Closed _ -> new Rejection.Draining();
      case LoopState.Failed(String cause) -> new Rejection.EngineFailed(cause);
      case LoopState.Serving _ -> {
        int there = inFlight(requestClass);
        int waiting = there - Math.min(there, limits.maxSequences());
        yield there >= limits.places()
            ? new Rejection.QueueFull(waiting, limits.maxQueued())
            : null;
      }
    };
  }

  private EventQueue enqueue(GenerationRequest request) {
    long now = nanoClock.getAsLong();
    if (inFlight() == 0) {
      busySinceNanos = now;
    }
    inFlight.merge(request.requestClass(), 1, Integer::sum);
    long id = nextId++;
    EventQueue queue = new EventQueue(READER_LAG, () -> commands.add(new Command.Abort(id)));
    commands.add(
        new Command.Add(
            new Generation(
                id, request, queue, observer, now, () -> forget(id, request.requestClass()))));
    return queue;
  }

  private void run() {
    try {
      while (drainCommands()) {
        turn();
      }
    } catch (RuntimeException | Error failure) {
      fail(failure);
    } finally {
      endEverything();
      engine.close();
    }
  }

  /// Applies all commands, waiting for one when there is no work; false when the loop is to end.
  private boolean drainCommands() {
    while (true) {
      for (Command next = commands.poll(); next != null; next = commands.poll()) {
        apply(next);
      }
      LoopState now = currentState();
      if (now instanceof LoopState.Closed || now instanceof LoopState.Failed) {
        return false;
      }
      if (!batcher.empty()) {
        return true;
      }
      figures = figures(figures.progressNanos());
      if (now instanceof LoopState.Draining && commands.isEmpty()) {
        idleForGood.countDown();
      }
      try {
        apply(commands.take());
      } catch (InterruptedException _) {
        throw new IllegalStateException("The engine loop was interrupted");
      }
    }
  }

  private void apply(Command command) {
    switch (command) {
      case Command.Wake() -> {}
      case Command.Add(Generation generation) -> {
        GenerationRequest request = generation.request;
        live.put(generation.id, generation);
        meter.open(generation.id, request.label(), request.prompt().size());
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
      case Command.Abort(long id) -> {
        if (batcher.abort(id)) {
          finish(id, FinishReason.CANCELLED, "");
        }
      }
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
    return generation(id).publish(choice, engine.tokenizer(), nowNanos);
  }

  private void finish(long id, FinishReason reason, String message) {
    generation(id).finish(reason, message, nanoClock.getAsLong());
  }

  private Generation generation(long id) {
    Generation generation = live.get(id);
    if (generation == null) {
      throw new IllegalStateException("Sequence " + id + " has no request");
    }
    return generation;
  }

  private long forget(long id, RequestClass requestClass) {
    live.remove(id);
    gate.lock();
    try {
      inFlight.merge(requestClass, -1, Integer::sum);
    } finally {
      gate.unlock();
    }
    return meter.settle(id);
  }

  private void fail(Throwable failure) {
    gate.lock();
    try {
      String message = failure.getMessage();
      meter.drain();
      state = new LoopState.Failed(message == null ? failure.toString() : message);
    } finally {
      gate.unlock();
    }
  }

  /* Nothing is enqueued any more: whoever enqueues holds the gate and sees a serving state. */
  private void endEverything() {
    for (Command next = commands.poll(); next != null; next = commands.poll()) {
      if (next instanceof Command.Add(Generation generation)) {
        live.put(generation.id, generation);
      }
    }
    LoopState ended = currentState();
    for (Long id : List.copyOf(live.keySet())) {
      try {
        if (ended instanceof LoopState.Failed(String cause)) {
          finish(id, FinishReason.ERROR, cause);
        } else {
          finish(id, FinishReason.CANCELLED, "");
        }
      } catch (RuntimeException failure) {
        fail(failure); // an observer's; the others get their end all the same
      }
    }
    Figures last = figures;
    figures =
        new Figures(
            new Load(0, 0, last.interactive().preemptions()),
            new Load(0, 0, last.batch().preemptions()),
            0,
            last.progressNanos());
    idleForGood.countDown();
  }

  private LoopState currentState() {
    gate.lock();
    try {
      return state;
    } finally {
      gate.unlock();
    }
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

  /* With the gate held: requests that the loop's thread has not seen yet wait too. */
  private Load load(RequestClass requestClass, Load seen) {
    int there = inFlight(requestClass);
    int running = Math.min(seen.running(), there);
    return new Load(running, there - running, seen.preemptions());
  }

  private int inFlight(RequestClass requestClass) {
    return inFlight.getOrDefault(requestClass, 0);
  }

  private int inFlight() {
    return inFlight(RequestClass.INTERACTIVE) + inFlight(RequestClass.BATCH);
  }

  private static long latest(long a, long b) {
    return a - b > 0 ? a : b;
  }

  private static void requireWithin(String field, int value, int most) {
    if (value > most) {
      throw new IllegalArgumentException(
          field + " is " + value + ", but the engine holds " + most + "; lower it");
    }
  }

  /// What the loop's thread last published.
  private record Figures(Load interactive, Load batch, int kvUsed, long progressNanos) {}

  /// What other threads ask of the loop's thread.
  private sealed interface Command {
    /// A new request.
    record Add(Generation generation) implements Command {}

    /// A request to give up; may have ended already.
    record Abort(long id) implements Command {}

    /// Look at the state.
    record Wake() implements Command {}
  }
}
