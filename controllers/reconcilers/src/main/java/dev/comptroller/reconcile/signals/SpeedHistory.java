package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.decide.capacity.FirstTokenFit;
import dev.comptroller.decide.capacity.Fit;
import dev.comptroller.decide.capacity.Physics;
import dev.comptroller.decide.capacity.StepCostEstimate;
import dev.comptroller.decide.capacity.StepSample;
import dev.comptroller.decide.capacity.Workload;
import dev.comptroller.reconcile.signals.SpeedMemory.Usual;
import dev.comptroller.reconcile.signals.Speeds.Replica;
import dev.comptroller.reconcile.signals.Speeds.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the steps of one variant's replicas tell of its speed. Guarded by the lock of its owner.
final class SpeedHistory {
  /// The most that the time between two samples counts as observed.
  private static final Duration GAP = Duration.ofMinutes(2);

  /// For how long replicas from before a change of their variant are left out: by then they were
  /// replaced, or the change did not concern them.
  private static final Duration REPLACED = Duration.ofHours(1);

  /// How far clocks may differ.
  private static final Duration SKEW = Duration.ofSeconds(30);

  private static final int LEAST_SAMPLES = 30;

  private final Subject subject;
  private final @Nullable Instant changed;
  private final Map<String, EngineCounters> last = new HashMap<>();
  private Usual usual = Usual.NONE;
  private double kvTokens = Double.POSITIVE_INFINITY;
  private @Nullable Fit steps;
  private @Nullable FirstTokenFit firsts;
  private Duration observed = Duration.ZERO;
  private Instant at = Instant.EPOCH;

  /// When this process last saw a step.
  private @Nullable Instant seen;

  /// Nothing is known of `subject`.
  ///
  /// @param changed when it became what it is; absent if it was never seen as anything else
  SpeedHistory(Subject subject, @Nullable Instant changed) {
    this.subject = subject;
    this.changed = changed;
  }

  /// Goes on from what was remembered.
  static SpeedHistory of(SpeedMemory memory) {
    SpeedHistory history = new SpeedHistory(memory.subject(), null);
    history.usual = memory.usual();
    history.kvTokens = memory.kvTokens();
    history.steps = memory.steps();
    history.firsts = memory.firsts();
    history.observed = memory.observed();
    history.at = memory.at();
    return history;
  }

  /// What is to be remembered; absent before a step was seen.
  Optional<SpeedMemory> memory() {
    return steps == null
        ? Optional.empty()
        : Optional.of(new SpeedMemory(subject, at, observed, usual, kvTokens, steps, firsts));
  }

  /// Takes in what a replica counted; whether a step was among it.
  boolean take(Replica replica, EngineCounters now, Supplier<Optional<Belief>> prior) {
    if (isFormer(replica, now.at())) {
      return false;
    }
    EngineCounters before = last.get(replica.uid());
    if (before != null && now.at().isBefore(before.at().plus(EngineCounters.LEAST))) {
      return false;
    }
    last.put(replica.uid(), now);
    if (now.kvCapacity() != null) {
      kvTokens = Math.max(1, now.kvCapacity());
    }
    return before != null
        && now.since(before).map(interval -> learn(now.at(), interval, prior)).orElse(false);
  }

  private boolean isFormer(Replica replica, Instant now) {
    return changed != null
        && replica.created().isBefore(changed.minus(SKEW))
        && now.isBefore(changed.plus(REPLACED));
  }

  private boolean learn(
      Instant now, EngineCounters.Interval interval, Supplier<Optional<Belief>> prior) {
    if (steps != null && !isFresh(now)) {
      forget();
    }
    usual = usual.plus(interval);
    StepSample step = interval.step();
    if (step == null) {
      return false;
    }
    Fit known = steps;
    if (known == null) {
      Belief first = prior.get().orElseGet(() -> Physics.stepBelief(step));
      known = Fit.from(first, Fit.STEP_NOISE);
    }
    steps = known.seeing(step);
    observe(now);
    Double first = interval.firstSeconds();
    if (first != null) {
      learnFirst(known.stepCost(), interval, first);
    }
    return true;
  }

  /// The time since the sample before counts, but for what nobody saw of it.
  private void observe(Instant now) {
    Duration since = seen == null ? Duration.ZERO : Duration.between(seen, now);
    if (!since.isNegative()) {
      observed = observed.plus(since.compareTo(GAP) > 0 ? GAP : since);
      seen = now;
      at = now;
    }
  }

  /// Prompts are counted when they are computed or when they end, as the engine likes, so that the
  /// mean prompt of the last requests stands for those of the interval.
  private void learnFirst(StepCostEstimate cost, EngineCounters.Interval interval, double seconds) {
    Optional<Workload> mix = mix();
    if (mix.isPresent()) {
      FirstTokenFit known = firsts;
      if (known == null) {
        known = FirstTokenFit.from(Physics.CALIBRATED.firstTokenCost(cost.cost()));
      }
      firsts = known.seeing(mix.get(), interval.sequences(), seconds, interval.requests());
    }
  }

  private void forget() {
    usual = Usual.NONE;
    steps = null;
    firsts = null;
    observed = Duration.ZERO;
    seen = null;
  }

  /// Forgets the counters of a replica that is gone.
  void gone(String uid) {
    last.remove(uid);
  }

  Subject subject() {
    return subject;
  }

  /// The cost of a step; absent before one was seen.
  Optional<Fit> steps() {
    return Optional.ofNullable(steps);
  }

  /// What first tokens take; absent while too few were seen.
  Optional<FirstTokenFit> firsts() {
    return Optional.ofNullable(firsts).filter(fit -> fit.samples() >= LEAST_SAMPLES);
  }

  double kvTokens() {
    return kvTokens;
  }

  /// The mean request; absent before there was one.
  Optional<Workload> mix() {
    if (usual.requests() < 1 || usual.generated() < usual.requests()) {
      return Optional.empty();
    }
    double cached = usual.prompt() > 0 ? Math.clamp(usual.cached() / usual.prompt(), 0, 1) : 0;
    return Optional.of(
        new Workload(
            usual.prompt() / usual.requests(), usual.generated() / usual.requests(), cached));
  }

  /// Whether enough was seen, and not too long ago.
  boolean isKnown(Instant now) {
    return steps != null
        && steps.samples() >= LEAST_SAMPLES
        && observed.compareTo(Speeds.WINDOW) >= 0
        && isFresh(now)
        && mix().isPresent();
  }

  private boolean isFresh(Instant now) {
    return Duration.between(at, now).abs().compareTo(Speeds.STALE) <= 0;
  }
}
