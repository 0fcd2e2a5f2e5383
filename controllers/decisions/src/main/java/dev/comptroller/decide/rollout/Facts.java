package dev.comptroller.decide.rollout;

import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaState;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What one call is about, and what it can be asked.
///
/// @param seen the cluster
/// @param goal where to get to
/// @param policy how
/// @param now when
record Facts(RolloutSeen seen, Goal goal, RolloutPolicy policy, Instant now) {
  /// Replicas of `leg` that may exist, as far as the view can be trusted: one that does not show
  /// the last request yet frees nothing.
  int held(Leg leg) {
    VariantSeen variant = seen.of(leg.variant());
    int count = variant.replicas().size();
    return variant.revision() >= leg.revision()
        ? Math.max(leg.replicas(), count)
        : Math.max(leg.held(), count);
  }

  /// Asks for `replicas` of `variant`.
  RolloutState ask(RolloutState state, String variant, int replicas) {
    Optional<Leg> old = state.leg(variant);
    if (old.isEmpty()) {
      int held = Math.max(replicas, seen.of(variant).replicas().size());
      return state.withLeg(new Leg(variant, 0, replicas, held, state.revision() + 1));
    }
    Leg leg = old.get();
    int held = held(leg);
    if (leg.replicas() == replicas) {
      // What comes and goes without being asked for is the cluster's to mend: only less is noted.
      return state.withLeg(
          new Leg(
              variant,
              leg.weight(),
              replicas,
              Math.clamp(held, replicas, leg.held()),
              leg.revision()));
    }
    return state.withLeg(
        new Leg(variant, leg.weight(), replicas, Math.max(held, replicas), state.revision() + 1));
  }

  /// The most replicas of `variant` that fit beside all others within `gpus`.
  int fit(RolloutState state, String variant, int gpus) {
    long others = 0;
    for (Leg leg : state.legs()) {
      if (!leg.variant().equals(variant)) {
        others += (long) held(leg) * seen.of(leg.variant()).gpus();
      }
    }
    return (int) Math.max(0, (gpus - others) / seen.of(variant).gpus());
  }

  /// Whether `variant` has finished what it had: counted zero after its weight could be known
  /// everywhere, or it had time enough, or it has nothing that could work.
  boolean isDrained(String variant, Instant since) {
    if (!now.isBefore(since.plus(policy.drainLimit()))) {
      return true;
    }
    Instant known = since.plus(policy.settle());
    if (now.isBefore(known)) {
      return false;
    }
    return seen.of(variant).replicas().stream()
        .filter(r -> r.state() == ReplicaState.Ready)
        .allMatch(
            r ->
                r.inFlight() != null
                    && r.inFlight() == 0
                    && r.inFlightAt() != null
                    && !r.inFlightAt().isBefore(known));
  }

  /// Requests that `variant` works on, as far as that is known.
  long inFlight(String variant) {
    return seen.of(variant).replicas().stream()
        .mapToLong(r -> r.inFlight() == null ? 0 : r.inFlight())
        .sum();
  }

  /// Whether nothing of `variant` serves or is about to.
  boolean isHopeless(String variant) {
    return seen.of(variant).replicas().stream()
        .noneMatch(r -> r.state() == ReplicaState.Ready || r.state() == ReplicaState.Starting);
  }

  /// Why `variant` cannot be reached; empty while it can.
  Optional<Failure> failure(String variant, boolean trial) {
    for (ReplicaSeen replica : seen.of(variant).replicas()) {
      if (replica.state() == ReplicaState.Failing) {
        return Optional.of(new Failure("StartFailed", problem(replica)));
      }
      if (trial && replica.isReady() && replica.warmth() == Warmth.Failed) {
        return Optional.of(new Failure("WarmUpFailed", problem(replica)));
      }
    }
    return Optional.empty();
  }

  /// Whether the trial shows that `to` errs more often than `from`: by more than one request in a
  /// hundred, and more than once.
  Optional<Failure> worse(String from, String to) {
    long errors = errors(to);
    long ended = errors + answered(to);
    long before = errors(from);
    long endedBefore = before + answered(from);
    long base = Math.max(1, endedBefore);
    if (errors < 2 || errors * base * 100 <= (before * 100 + base) * ended) {
      return Optional.empty();
    }
    return Optional.of(
        new Failure(
            "CanaryFailed",
            "%d of %d requests of %s ended in error, of %s %d of %d"
                .formatted(errors, ended, to, from, before, endedBefore)));
  }

  boolean passed(Instant since, Duration limit) {
    return !now.isBefore(since.plus(limit));
  }

  private long errors(String variant) {
    return seen.of(variant).replicas().stream().mapToLong(ReplicaSeen::errors).sum();
  }

  private long answered(String variant) {
    return seen.of(variant).replicas().stream().mapToLong(ReplicaSeen::answered).sum();
  }

  private static String problem(ReplicaSeen replica) {
    return replica.problem() == null ? "replica " + replica.uid() : replica.problem();
  }

  /// Why a change cannot go on.
  ///
  /// @param reason CamelCase
  /// @param message with numbers
  record Failure(String reason, String message) {}
}
