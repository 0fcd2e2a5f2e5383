package dev.comptroller.decide.rollout;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// All that a rollout has to remember. It is written before anything is done about it, so that
/// whoever reads it next goes on from there.
///
/// @param serving the variant that serves; absent before the first one was chosen
/// @param legs variants with replicas, by name
/// @param change the change under way; absent in the steady state
/// @param backOff what a failed change left; absent if none did
/// @param lastChange when the serving variant last changed, or a change was last given up; absent
///   if never
/// @param rollbacks how many changes were undone
/// @param revision number of the last request for replicas
public record RolloutState(
    @Nullable String serving,
    List<Leg> legs,
    @Nullable Change change,
    @Nullable BackOff backOff,
    @Nullable Instant lastChange,
    long rollbacks,
    long revision) {
  /// Nothing was ever done.
  public static final RolloutState NEW = new RolloutState(null, List.of(), null, null, null, 0, 0);

  public RolloutState {
    List<Leg> sorted = new ArrayList<>(legs);
    sorted.sort(Comparator.comparing(Leg::variant));
    legs = List.copyOf(sorted);
  }

  /// The leg of `variant`.
  public Optional<Leg> leg(@Nullable String variant) {
    return legs.stream().filter(leg -> leg.variant().equals(variant)).findFirst();
  }

  /// The variant that gets the most new requests: where a plain Service points.
  public Optional<String> heaviest() {
    return legs.stream()
        .max(Comparator.comparingInt(Leg::weight).thenComparing(l -> l.variant().equals(serving)))
        .map(Leg::variant);
  }

  RolloutState withServing(@Nullable String next) {
    return new RolloutState(next, legs, change, backOff, lastChange, rollbacks, revision);
  }

  RolloutState withLegs(List<Leg> next) {
    return new RolloutState(serving, next, change, backOff, lastChange, rollbacks, revision);
  }

  RolloutState withLeg(Leg next) {
    List<Leg> all = new ArrayList<>(legs);
    all.removeIf(leg -> leg.variant().equals(next.variant()));
    all.add(next);
    return new RolloutState(
        serving, all, change, backOff, lastChange, rollbacks, Math.max(revision, next.revision()));
  }

  RolloutState without(String variant) {
    return withLegs(legs.stream().filter(leg -> !leg.variant().equals(variant)).toList());
  }

  RolloutState withChange(@Nullable Change next) {
    return new RolloutState(serving, legs, next, backOff, lastChange, rollbacks, revision);
  }

  RolloutState withBackOff(@Nullable BackOff next) {
    return new RolloutState(serving, legs, change, next, lastChange, rollbacks, revision);
  }

  RolloutState changedAt(Instant at) {
    return new RolloutState(serving, legs, change, backOff, at, rollbacks, revision);
  }

  RolloutState rolledBack() {
    return new RolloutState(serving, legs, change, backOff, lastChange, rollbacks + 1, revision);
  }
}
