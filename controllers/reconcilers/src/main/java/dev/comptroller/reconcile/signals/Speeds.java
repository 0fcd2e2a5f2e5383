package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Belief;
import dev.comptroller.decide.capacity.FirstTokenFit;
import dev.comptroller.decide.capacity.Fit;
import dev.comptroller.decide.capacity.Sizing;
import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.StepCostEstimate;
import dev.comptroller.decide.capacity.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a step of each variant costs, learned from its replicas' counters.
///
/// - A speed is given out only when steps were seen for [#WINDOW], the model has settled after the
///   last change of speed and its error is small: nothing is decided on less. The time between two
///   samples counts for two minutes at most, and time without the operator for nothing.
/// - What was learned holds while nothing is asked for, and over a restart ([SpeedStore]), by the
///   same rules. If no step was seen for [#STALE] it is learned anew: drivers and nodes may be
///   others.
/// - It belongs to what it was learned of ([Subject]). When that changes it is learned anew, from
///   replicas that came after the change. A new image of the engine is no such change: every
///   upgrade brings one, what the last one did is nearer to the truth than what was declared, and
///   a speed that differs is noticed ([Fit]).
///
/// Thread-safe.
public final class Speeds {
  /// For how long steps must have been seen.
  public static final Duration WINDOW = Duration.ofMinutes(10);

  /// The age at which the last sample no longer counts: a week, so that what is asked for on some
  /// days only is known on the next of them.
  public static final Duration STALE = Duration.ofDays(7);

  /// The largest relative standard error of a rate that is given out.
  public static final double SURE = 0.15;

  private static final Comparator<TokenLedger.Key> ORDER =
      Comparator.comparing(TokenLedger.Key::namespace)
          .thenComparing(TokenLedger.Key::deployment)
          .thenComparing(TokenLedger.Key::variant);

  private final Variants variants;
  private final Map<TokenLedger.Key, SpeedHistory> histories = new HashMap<>();
  private final Map<TokenLedger.Key, Sized> sized = new HashMap<>();
  private final Set<String> moved = new HashSet<>();

  /// What was learned of a variant.
  ///
  /// @param steps the cost of its steps
  /// @param rejected samples that were set aside
  /// @param drifts changes of speed that were noticed
  public record Learned(StepCostEstimate steps, long rejected, long drifts) {}

  /// What a speed is learned of.
  ///
  /// @param deployment uid of the ModelDeployment
  /// @param traits everything declared of the variant that its speed depends on, in words
  public record Subject(String deployment, String traits) {}

  /// A pod of a variant.
  ///
  /// @param created when it was
  public record Replica(String uid, Instant created) {}

  /// What is declared of variants.
  public interface Variants {
    /// Nothing is declared of any.
    Variants UNKNOWN =
        new Variants() {
          @Override
          public boolean exists(TokenLedger.Key variant) {
            return true;
          }

          @Override
          public Optional<Subject> subject(TokenLedger.Key variant) {
            return Optional.empty();
          }

          @Override
          public Optional<Belief> prior(TokenLedger.Key variant) {
            return Optional.empty();
          }
        };

    /// Whether there is such a variant, or may be: of a spec that cannot be read nobody knows.
    boolean exists(TokenLedger.Key variant);

    /// What it is; absent while its spec cannot be read.
    Optional<Subject> subject(TokenLedger.Key variant);

    /// What its steps should cost; absent if nobody knows.
    Optional<Belief> prior(TokenLedger.Key variant);
  }

  /// What a rate follows from.
  private record Basis(
      Fit steps, Optional<FirstTokenFit> firsts, Limits limits, Workload mix, Slo slo) {
    SafeRate rate() {
      return Sizing.largestRate(
          steps.stepCost(), firsts.map(FirstTokenFit::curve), limits, mix, slo);
    }
  }

  /// The rate that was worked out last: several ask for it between two samples.
  private record Sized(Basis basis, SafeRate rate) {}

  /// The speeds of `variants`.
  public Speeds(Variants variants) {
    this.variants = variants;
  }

  /// Takes in what a replica of a variant exports.
  public void add(TokenLedger.Key variant, Replica replica, Instant at, String text) {
    EngineCounters.read(at, text).ifPresent(now -> take(variant, replica, now));
  }

  private synchronized void take(TokenLedger.Key variant, Replica replica, EngineCounters now) {
    SpeedHistory history = histories.get(variant);
    if (history == null) {
      Optional<Subject> subject = variants.subject(variant);
      if (subject.isEmpty()) {
        return;
      }
      history = new SpeedHistory(subject.get(), null);
      histories.put(variant, history);
    }
    if (history.take(replica, now, () -> variants.prior(variant))) {
      moved.add(variant.namespace());
    }
  }

  /// Forgets which of the variants that `which` is about are gone, and begins anew with those that
  /// have changed.
  public synchronized void renew(Predicate<TokenLedger.Key> which, Instant now) {
    for (TokenLedger.Key variant : List.copyOf(histories.keySet())) {
      if (which.test(variant)) {
        renew(variant, now);
      }
    }
  }

  private void renew(TokenLedger.Key variant, Instant now) {
    if (!variants.exists(variant)) {
      replace(variant, null);
      return;
    }
    SpeedHistory history = histories.get(variant);
    Optional<Subject> subject = variants.subject(variant);
    if (history != null && subject.isPresent() && !subject.get().equals(history.subject())) {
      replace(variant, new SpeedHistory(subject.get(), now));
    }
  }

  private void replace(TokenLedger.Key variant, @Nullable SpeedHistory history) {
    if (history == null) {
      histories.remove(variant);
    } else {
      histories.put(variant, history);
    }
    sized.remove(variant);
    moved.add(variant.namespace());
  }

  /// Forgets the counters of replicas that are gone; what was learned of them stays.
  public synchronized void gone(TokenLedger.Key variant, String uid) {
    SpeedHistory history = histories.get(variant);
    if (history != null) {
      history.gone(uid);
    }
  }

  /// The mean request that a variant serves; absent before there was one.
  public synchronized Optional<Workload> mix(TokenLedger.Key variant) {
    return Optional.ofNullable(histories.get(variant)).flatMap(SpeedHistory::mix);
  }

  /// What is known of a step of a variant, however little; absent before a step was seen.
  public synchronized Optional<StepCostEstimate> stepCost(TokenLedger.Key variant) {
    return Optional.ofNullable(histories.get(variant))
        .flatMap(SpeedHistory::steps)
        .map(Fit::stepCost);
  }

  /// What was learned of each variant, however little, in the order of their names.
  public synchronized SortedMap<TokenLedger.Key, Learned> learned() {
    SortedMap<TokenLedger.Key, Learned> all = new TreeMap<>(ORDER);
    histories.forEach(
        (key, history) ->
            history
                .steps()
                .ifPresent(
                    fit ->
                        all.put(key, new Learned(fit.stepCost(), fit.rejected(), fit.drifts()))));
    return all;
  }

  /// The largest rate of one replica, if it is sure.
  public Optional<SafeRate> rate(TokenLedger.Key variant, Limits declared, Slo slo, Instant now) {
    Basis basis;
    synchronized (this) {
      SpeedHistory history = histories.get(variant);
      if (history == null || !history.isKnown(now)) {
        return Optional.empty();
      }
      basis =
          new Basis(
              history.steps().orElseThrow(),
              history.firsts(),
              new Limits(
                  declared.maxSequences(),
                  declared.maxBatchedTokens(),
                  Math.min(declared.kvTokens(), history.kvTokens())),
              history.mix().orElseThrow(),
              slo);
      Sized last = sized.get(variant);
      if (last != null && last.basis().equals(basis)) {
        return sure(last.rate());
      }
    }
    SafeRate rate = basis.rate();
    synchronized (this) {
      if (histories.containsKey(variant)) {
        sized.put(variant, new Sized(basis, rate));
      }
    }
    return sure(rate);
  }

  private static Optional<SafeRate> sure(SafeRate rate) {
    return rate.error() <= SURE ? Optional.of(rate) : Optional.empty();
  }

  /// Namespaces in which something was learned since they were last [#memory].
  synchronized Set<String> moved() {
    return Set.copyOf(moved);
  }

  /// Notes that what was learned in a namespace was not saved.
  synchronized void unsaved(String namespace) {
    moved.add(namespace);
  }

  /// Whether nothing is remembered of a namespace.
  synchronized boolean isEmpty(String namespace) {
    return histories.entrySet().stream()
        .noneMatch(
            entry ->
                entry.getKey().namespace().equals(namespace)
                    && entry.getValue().steps().isPresent());
  }

  /// What is to be remembered of a namespace, by deployment and variant: from then on only what is
  /// learned later is new.
  synchronized SortedMap<String, SortedMap<String, SpeedMemory>> memory(String namespace) {
    moved.remove(namespace);
    SortedMap<String, SortedMap<String, SpeedMemory>> memory = new TreeMap<>();
    histories.forEach(
        (key, history) -> {
          if (key.namespace().equals(namespace)) {
            history
                .memory()
                .filter(SpeedMemory::isSound)
                .ifPresent(
                    known ->
                        memory
                            .computeIfAbsent(key.deployment(), _ -> new TreeMap<>())
                            .put(key.variant(), known));
          }
        });
    return memory;
  }

  /// Goes on from what was remembered of a namespace, unless more was learned since, or it is of
  /// something that is gone or has changed since it was `written`.
  synchronized void restore(
      String namespace, SortedMap<String, SortedMap<String, SpeedMemory>> memory, Instant written) {
    memory.forEach(
        (deployment, known) ->
            known.forEach(
                (variant, kept) ->
                    restore(new TokenLedger.Key(namespace, deployment, variant), kept, written)));
  }

  private void restore(TokenLedger.Key variant, SpeedMemory kept, Instant written) {
    Duration since =
        Optional.ofNullable(histories.get(variant))
            .flatMap(SpeedHistory::memory)
            .map(SpeedMemory::observed)
            .orElse(Duration.ZERO);
    if (since.compareTo(kept.observed()) <= 0) {
      histories.put(variant, SpeedHistory.of(kept));
      renew(variant, written);
    }
  }
}
