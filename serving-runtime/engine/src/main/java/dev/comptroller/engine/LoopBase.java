package dev.comptroller.engine;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.Turnover;
import dev.comptroller.engine.LoopSnapshot.Load;
import java.time.Duration;
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

/// What loops have in common: the door that requests come in by, the one thread that works on them,
/// and the promise that each ends exactly once.
///
/// | field | written by | read by | guard |
/// |---|---|---|---|
/// | live, and what the loops add | loop thread | loop thread | none needed |
/// | state, inFlight, turnover, nextId, busySince | any | any | gate |
/// | figures | loop thread | any | volatile |
abstract sealed class LoopBase implements ServingLoop permits EngineLoop, ForwardLoop {
  final EngineInfo info;
  final BatchLimits limits;
  final LoopObserver observer;
  final LongSupplier nanoClock;
  final GpuMeter meter;
  final LinkedBlockingQueue<Command> commands = new LinkedBlockingQueue<>();
  final Map<Long, Generation> live = new LinkedHashMap<>();
  volatile Figures figures = new Figures(Load.NONE, Load.NONE, 0, 0);

  private final Tokenizer tokenizer;
  private final Thread thread;
  private final CountDownLatch idleForGood = new CountDownLatch(1);

  private final ReentrantLock gate = new ReentrantLock();
  private LoopState state = new LoopState.Serving();
  private final EnumMap<RequestClass, Integer> inFlight = new EnumMap<>(RequestClass.class);
  private final Turnover turnover;
  private long nextId = 1;
  private long busySinceNanos;

  /// @throws IllegalArgumentException when the limits are beyond what the engine can hold
  LoopBase(
      EngineInfo info,
      Tokenizer tokenizer,
      BatchLimits limits,
      LoopObserver observer,
      LongSupplier nanoClock,
      GpuMeter meter,
      String name) {
    requireWithin("maxSequences", limits.maxSequences(), info.maxSequences());
    requireWithin("maxBatchedTokens", limits.maxBatchedTokens(), info.maxBatchedTokens());
    this.info = info;
    this.tokenizer = tokenizer;
    this.limits = limits;
    this.turnover = new Turnover(limits.maxSequences());
    this.observer = observer;
    this.nanoClock = nanoClock;
    this.meter = meter;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  /// Works until [#ends]; on the loop's thread.
  abstract void work();

  /// Takes a request that was accepted and is live from now on; on the loop's thread.
  abstract void take(Generation generation);

  /// Gives a request up, which may have ended already; on the loop's thread.
  abstract void giveUp(long id);

  /// Frees the engine; on the loop's thread, when all requests have ended.
  abstract void release();

  /// Starts the thread.
  final void begin() {
    thread.start();
  }

  @Override
  public final Submission submit(GenerationRequest request) {
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

  @Override
  public final LoopSnapshot snapshot() {
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

  @Override
  public final EngineInfo info() {
    return info;
  }

  @Override
  public final Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public final BatchLimits limits() {
    return limits;
  }

  @Override
  public final void drain() {
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

  @Override
  public final boolean awaitDrained(Duration patience) throws InterruptedException {
    return idleForGood.await(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public final void close() {
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

  /// Applies a command.
  final void apply(Command command) {
    switch (command) {
      case Command.Wake() -> {}
      case Command.Add(Generation generation) -> {
        GenerationRequest request = generation.request;
        live.put(generation.id, generation);
        meter.open(generation.id, request.label(), request.prompt().size());
        take(generation);
      }
      case Command.Abort(long id) -> giveUp(id);
      case Command.Told(Runnable what) -> what.run();
    }
  }

  /// Whether the loop is to end now.
  final boolean ends() {
    LoopState now = currentState();
    return now instanceof LoopState.Closed || now instanceof LoopState.Failed;
  }

  /// Nothing runs or waits: who waits for that is told.
  final void rest() {
    if (currentState() instanceof LoopState.Draining && commands.isEmpty()) {
      idleForGood.countDown();
    }
  }

  /// The next command, waiting for it.
  final Command nextCommand() {
    try {
      return commands.take();
    } catch (InterruptedException _) {
      throw new IllegalStateException("The engine loop was interrupted");
    }
  }

  /// A live request.
  final Generation generation(long id) {
    Generation generation = live.get(id);
    if (generation == null) {
      throw new IllegalStateException("Sequence " + id + " has no request");
    }
    return generation;
  }

  /// Ends a live request.
  final void finish(long id, FinishReason reason, String message) {
    generation(id).finish(new Generation.Ending(reason, message), 0, nanoClock.getAsLong());
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
        if (there >= limits.places()) {
          yield new Rejection.QueueFull(waiting, limits.maxQueued());
        }
        yield requestClass == RequestClass.INTERACTIVE ? tooSlow(there, waiting) : null;
      }
    };
  }

  private @Nullable Rejection tooSlow(int there, int waiting) {
    long wait = limits.maxQueueNanos() == 0 ? 0 : turnover.waitNanos(there);
    return wait > limits.maxQueueNanos()
        ? new Rejection.QueueSlow(waiting, wait, limits.maxQueueNanos())
        : null;
  }

  private EventQueue enqueue(GenerationRequest request) {
    long now = nanoClock.getAsLong();
    if (inFlight() == 0) {
      busySinceNanos = now;
    }
    inFlight.merge(request.requestClass(), 1, Integer::sum);
    if (request.requestClass() == RequestClass.INTERACTIVE) {
      turnover.taken(inFlight(RequestClass.INTERACTIVE), now);
    }
    long id = nextId++;
    EventQueue queue = new EventQueue(READER_LAG, () -> commands.add(new Command.Abort(id)));
    commands.add(
        new Command.Add(
            new Generation(
                id, request, queue, observer, now, () -> forget(id, request.requestClass()))));
    return queue;
  }

  private long forget(long id, RequestClass requestClass) {
    live.remove(id);
    gate.lock();
    try {
      inFlight.merge(requestClass, -1, Integer::sum);
      if (requestClass == RequestClass.INTERACTIVE) {
        turnover.ended(inFlight(requestClass), nanoClock.getAsLong());
      }
    } finally {
      gate.unlock();
    }
    return meter.settle(id);
  }

  private void run() {
    try {
      work();
    } catch (RuntimeException | Error failure) {
      fail(failure);
    } finally {
      endEverything();
      release();
    }
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
  record Figures(Load interactive, Load batch, int kvUsed, long progressNanos) {}

  /// What other threads ask of the loop's thread.
  sealed interface Command {
    /// A new request.
    record Add(Generation generation) implements Command {}

    /// A request to give up; may have ended already.
    record Abort(long id) implements Command {}

    /// Look at the state.
    record Wake() implements Command {}

    /// Something that the engine told, to be worked on.
    record Told(Runnable what) implements Command {}
  }
}
