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
/// @param past what was learned of variants, by name
public record RolloutState(
    @Nullable String serving,
    List<Leg> legs,
    @Nullable Change change,
    @Nullable BackOff backOff,
    @Nullable Instant lastChange,
    long rollbacks,
    long revision,
    List<Past> past) {
  /// Nothing was ever done.
  public static final RolloutState NEW =
      new RolloutState(null, List.of(), null, null, null, 0, 0, List.of());

  public RolloutState {
    List<Leg> sorted = new ArrayList<>(legs);
    sorted.sort(Comparator.comparing(Leg::variant));
    legs = List.copyOf(sorted);
    past = past.stream().sorted(Comparator.comparing(Past::variant)).toList();
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
    return new RolloutState(next, legs, change, backOff, lastChange, rollbacks, revision, past);
  }

  RolloutState withLegs(List<Leg> next) {
    return new RolloutState(serving, next, change, backOff, lastChange, rollbacks, revision, past);
  }

  RolloutState withLeg(Leg next) {
    List<Leg> all = new ArrayList<>(legs);
    all.removeIf(leg -> leg.variant().equals(next.variant()));
    all.add(next);
    return new RolloutState(
        serving,
        all,
        change,
        backOff,
        lastChange,
        rollbacks,
        Math.max(revision, next.revision()),
        past);
  }

  RolloutState without(String variant) {
    return withLegs(legs.stream().filter(leg -> !leg.variant().equals(variant)).toList());
  }

  RolloutState withChange(@Nullable Change next) {
    return new RolloutState(serving, legs, next, backOff, lastChange, rollbacks, revision, past);
  }

  RolloutState withBackOff(@Nullable BackOff next) {
    return new RolloutState(serving, legs, change, next, lastChange, rollbacks, revision, past);
  }

  RolloutState changedAt(Instant at) {
    return new RolloutState(serving, legs, change, backOff, at, rollbacks, revision, past);
  }

  RolloutState rolledBack() {
    return new RolloutState(
        serving, legs, change, backOff, lastChange, rollbacks + 1, revision, past);
  }

  /// What was learned of `variant`.
  Past past(String variant) {
    return past.stream()
        .filter(each -> each.variant().equals(variant))
        .findFirst()
        .orElse(Past.unknown(variant));
  }

  RolloutState withPast(Past next) {
    List<Past> all = new ArrayList<>(past);
    all.removeIf(each -> each.variant().equals(next.variant()));
    all.add(next);
    return withPast(all);
  }

  RolloutState withPast(List<Past> all) {
    return new RolloutState(serving, legs, change, backOff, lastChange, rollbacks, revision, all);
  }
}
