package dev.comptroller.engine;

import dev.comptroller.batching.BatchLimits;
import dev.comptroller.batching.ObservedSteps;
import dev.comptroller.batching.Places;
import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;
import dev.comptroller.engine.BatchingEngine.End;
import dev.comptroller.engine.BatchingEngine.Piece;
import dev.comptroller.engine.Generation.Ending;
import dev.comptroller.engine.LoopSnapshot.Load;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The one thread in front of an engine that batches by itself: lets requests in by class,
/// publishes what they get, and meters the steps that show in it.
///
/// One turn:
///
/// 1. Apply the commands: new requests, cancellations, what the engine told.
/// 2. End the requests whose last step is over.
/// 3. Let the next requests in; a batch request gives its place to an interactive one that waits,
///    and goes on later with what it has as its prompt.
///
/// Requests with penalties or a seed keep their place: the engine counts what it generated, which
/// a prompt is not, and would draw its random numbers anew.
///
/// A step is taken for over when the next one shows, or when no token came for [#SETTLE_NANOS] and
/// a request waits for its end.
public final class ForwardLoop extends LoopBase {
  private static final long SETTLE_NANOS = 2_000_000;

  /// What a request leaves of the weight of those before it.
  private static final double KEPT = 0.98;

  private final BatchingEngine engine;
  private final Places places;
  private final ObservedSteps steps;
  private final Map<Long, Going> inside = new LinkedHashMap<>();
  private final Map<Long, TokenIds> interrupted = new HashMap<>();
  private final Map<RequestClass, Long> preemptions = new EnumMap<>(RequestClass.class);
  private double promptsSeen;
  private double cachedSeen;
  private long stepsSeen;
  private int kvUsed;
  private long progressNanos;

  private ForwardLoop(
      BatchingEngine engine,
      BatchLimits limits,
      LoopObserver observer,
      LongSupplier nanoClock,
      GpuMeter meter) {
    super(engine.info(), engine.tokenizer(), limits, observer, nanoClock, meter, "forward-loop");
    this.engine = engine;
    this.places = new Places(limits.maxSequences());
    this.steps = new ObservedSteps(limits.maxBatchedTokens());
  }

  /// Starts a loop in front of an engine, which it owns from now on and closes when it ends.
  ///
  /// @param nanoClock monotonic nanoseconds, such as `System::nanoTime`
  /// @param meter on the same clock; ready from now on
  /// @throws IllegalArgumentException when the limits are beyond what the engine can hold; the
  ///     engine is left as it is then
  public static ForwardLoop start(
      BatchingEngine engine,
      BatchLimits limits,
      LoopObserver observer,
      LongSupplier nanoClock,
      GpuMeter meter) {
    ForwardLoop loop = new ForwardLoop(engine, limits, observer, nanoClock, meter);
    meter.serve(engine.workCost());
    loop.begin();
    engine.watch(loop.new Watch());
    return loop;
  }

  @Override
  void work() {
    try {
      while (!ends()) {
        Command next = next();
        if (next == null) {
          closeStep();
        }
        for (; next != null; next = commands.poll()) {
          apply(next);
        }
        if (!inside.isEmpty() && inside.values().stream().allMatch(going -> going.over)) {
          closeStep();
        }
        letIn();
        figures = figures();
        if (live.isEmpty()) {
          rest();
        }
      }
    } finally {
      if (!steps.empty()) {
        account(steps.over(nanoClock.getAsLong()));
      }
    }
  }

  /// The next command; none when the open step is to be taken for over.
  private @Nullable Command next() {
    if (inside.values().stream().noneMatch(going -> going.over)) {
      return nextCommand();
    }
    try {
      return commands.poll(SETTLE_NANOS, TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      throw new IllegalStateException("The loop was interrupted");
    }
  }

  @Override
  void release() {
    engine.close();
  }

  @Override
  void take(Generation generation) {
    places.add(generation.id, generation.request.requestClass());
  }

  @Override
  void giveUp(long id) {
    Going going = inside.get(id);
    if (!live.containsKey(id) || (going != null && going.over)) {
      return; // it has ended, or is about to
    }
    if (going != null) {
      interrupt(id, going);
    }
    interrupted.remove(id);
    places.remove(id);
    finish(id, FinishReason.CANCELLED, "");
  }

  private void letIn() {
    while (true) {
      OptionalLong next = places.enter();
      if (next.isEmpty()) {
        OptionalLong victim = places.makeRoom(this::canGoOn);
        if (victim.isEmpty()) {
          return;
        }
        preempt(victim.getAsLong());
      } else {
        enter(generation(next.getAsLong()));
      }
    }
  }

  private boolean canGoOn(long id) {
    Going going = inside.get(id);
    SamplingParams sampling = generation(id).request.sampling();
    return going != null
        && !going.ends()
        && (!sampling.seeded() || sampling.temperature() == 0)
        && sampling.presencePenalty() == 0
        && sampling.frequencyPenalty() == 0;
  }

  private void preempt(long id) {
    Going going = inside.get(id);
    if (going != null) {
      interrupt(id, going);
      preemptions.merge(generation(id).request.requestClass(), 1L, Long::sum);
    }
  }

  /// Takes a request from the engine; what it has is kept.
  private void interrupt(long id, Going going) {
    going.run.stop();
    account(steps.over(nanoClock.getAsLong()));
    inside.remove(id);
    interrupted.put(id, steps.leave(id));
    endThoseOver();
    goOn();
  }

  private void enter(Generation generation) {
    long now = nanoClock.getAsLong();
    if (steps.empty()) {
      meter.beginStep(now);
      progressNanos = now;
    }
    GenerationRequest request = generation.request;
    TokenIds known = interrupted.remove(generation.id);
    if (known == null) {
      known = request.prompt();
      observer.started(request.requestClass(), now - generation.submittedNanos());
    }
    int left = request.sampling().maxTokens() - (known.size() - request.prompt().size());
    steps.enter(generation.id, known, (int) (known.size() * cachedPart()), now);
    var listener = new Listening(generation.id);
    BatchingEngine.Run run =
        engine.run(known, request.sampling().withMaxTokens(left), request.requestClass(), listener);
    boolean fromPrompt = known.size() == request.prompt().size();
    inside.put(generation.id, new Going(listener, run, fromPrompt));
  }

  private void tokens(Listening listener, List<Piece> pieces) {
    Going going = inside.get(listener.id);
    if (going == null || going.listener != listener) {
      return; // of a run that was given up
    }
    if (going.ending != null) {
      going.run.stop(); // it has all that it may have
      return;
    }
    long now = nanoClock.getAsLong();
    int[] ids = pieces.stream().mapToInt(Piece::token).toArray();
    steps.tokens(listener.id, TokenIds.of(ids), now).ifPresent(this::stepOver);
    progressNanos = now;
    Generation generation = generation(listener.id);
    for (Piece piece : pieces) {
      Optional<Ending> ending =
          generation.publish(new Choice.Chosen(piece.token(), piece.logprob()), tokenizer(), now);
      if (ending.isPresent()) {
        going.ending = ending.get();
        return;
      }
    }
  }

  private void ended(Listening listener, End end) {
    Going going = inside.get(listener.id);
    if (going == null || going.listener != listener) {
      return;
    }
    going.over = true;
    if (end instanceof End.Done done && going.fromPrompt) {
      going.cachedTokens = done.cachedTokens(); // of a request gone on with it would be its own
      promptsSeen = promptsSeen * KEPT + generation(listener.id).request.prompt().size();
      cachedSeen = cachedSeen * KEPT + done.cachedTokens();
    }
    if (going.ending == null) {
      going.ending =
          switch (end) {
            case End.Done(FinishReason reason, int _) -> new Ending(reason, "");
            case End.Stopped _ -> new Ending(FinishReason.CANCELLED, "");
            case End.Failed(String message) -> new Ending(FinishReason.ERROR, message);
          };
    }
  }

  /// The part of prompts that the engine had in its cache lately: it tells at the end of a request
  /// only, and what it had need not be computed.
  private double cachedPart() {
    return promptsSeen == 0 ? 0 : cachedSeen / promptsSeen;
  }

  private void closeStep() {
    if (!steps.empty()) {
      stepOver(steps.over(nanoClock.getAsLong()));
    }
  }

  private void stepOver(ObservedSteps.Observed step) {
    account(step);
    endThoseOver();
    goOn();
  }

  private void endThoseOver() {
    for (Map.Entry<Long, Going> each : new ArrayList<>(inside.entrySet())) {
      Going going = each.getValue();
      if (going.over && going.ending != null) {
        long id = each.getKey();
        inside.remove(id);
        steps.leave(id);
        places.remove(id);
        generation(id).finish(going.ending, going.cachedTokens, nanoClock.getAsLong());
      }
    }
  }

  private void goOn() {
    if (!steps.empty()) {
      meter.beginStep(steps.beginNanos());
    }
  }

  private void account(ObservedSteps.Observed step) {
    meter.endStep(step.plan(), step.endNanos());
    long nanos = Math.max(0, step.endNanos() - step.beginNanos());
    if (!step.plan().idle()) {
      observer.step(
          new LoopObserver.StepReport(
              step.plan().slices().size(),
              step.plan().tokens(),
              step.sampled(),
              step.plan().kvTokens(),
              nanos,
              nanos));
    }
  }

  private Figures figures() {
    return new Figures(
        load(RequestClass.INTERACTIVE), load(RequestClass.BATCH), kvUsed, progressNanos);
  }

  private Load load(RequestClass requestClass) {
    return new Load(
        places.inside(requestClass),
        places.waiting(requestClass),
        preemptions.getOrDefault(requestClass, 0L));
  }

  /// A request that the engine has.
  private static final class Going {
    final Listening listener;
    final BatchingEngine.Run run;
    final boolean fromPrompt;
    @Nullable Ending ending;
    boolean over;
    int cachedTokens;

    Going(Listening listener, BatchingEngine.Run run, boolean fromPrompt) {
      this.listener = listener;
      this.run = run;
      this.fromPrompt = fromPrompt;
    }

    /// Whether it only waits for its end.
    boolean ends() {
      return over || ending != null;
    }
  }

  /// Hands what the engine tells of a request to the loop's thread.
  private final class Listening implements BatchingEngine.Listener {
    final long id;

    Listening(long id) {
      this.id = id;
    }

    @Override
    public void tokens(List<Piece> tokens) {
      commands.add(new Command.Told(() -> ForwardLoop.this.tokens(this, tokens)));
    }

    @Override
    public void ended(End end) {
      commands.add(new Command.Told(() -> ForwardLoop.this.ended(this, end)));
    }
  }

  /// Hands what is known of the engine to the loop's thread.
  private final class Watch implements BatchingEngine.Watcher {
    @Override
    public void seen(int tokens, long computed) {
      commands.add(
          new Command.Told(
              () -> {
                kvUsed = tokens;
                if (computed != stepsSeen) {
                  stepsSeen = computed;
                  progressNanos = nanoClock.getAsLong();
                }
              }));
    }

    @Override
    public void failed(String cause) {
      commands.add(
          new Command.Told(
              () -> {
                throw new EngineException(cause);
              }));
    }
  }
}
