package dev.comptroller.decide.rollout;

import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaState;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What one call is about, and what it can be asked.
///
/// @param seen the cluster
/// @param goal where to get to
/// @param policy how
/// @param now when
record Facts(RolloutSeen seen, Goal goal, RolloutPolicy policy, Instant now) {
  /// Replicas of `leg` that may exist, as far as the view can be trusted: one that does not show
  /// the last request yet frees nothing, and for each that is leaving another may have begun.
  int held(Leg leg) {
    VariantSeen variant = seen.of(leg.variant());
    int count = Math.max(variant.replicas().size(), leg.replicas() + variant.leaving());
    return variant.revision() >= leg.revision() ? count : Math.max(leg.held(), count);
  }

  /// Asks for `replicas` of `variant`.
  RolloutState ask(RolloutState state, String variant, int replicas) {
    Optional<Leg> old = state.leg(variant);
    if (old.isEmpty()) {
      int held = replicas + seen.of(variant).replicas().size();
      return state.withLeg(new Leg(variant, 0, replicas, held, state.revision() + 1));
    }
    Leg leg = old.get();
    int held = held(leg);
    if (leg.replicas() == replicas) {
      // What comes and goes without being asked for is the cluster's to mend: only less is noted.
      int noted = Math.clamp(held, replicas, leg.held());
      return state.withLeg(new Leg(variant, leg.weight(), replicas, noted, leg.revision()));
    }
    int most = Math.max(held, held - leg.replicas() + replicas);
    return state.withLeg(new Leg(variant, leg.weight(), replicas, most, state.revision() + 1));
  }

  /// Lets all of `variant` go, and forgets it when it is gone.
  RolloutState leave(RolloutState state, String variant) {
    RolloutState asked = ask(state, variant, 0);
    Leg leg = asked.leg(variant).orElseThrow();
    boolean known = seen.of(variant).revision() >= leg.revision() || !seen.of(variant).exists();
    return known && held(leg) == 0 ? asked.without(variant) : asked;
  }

  /// The most replicas of `variant` that fit beside all that may exist within `gpus`.
  int fit(RolloutState state, String variant, int gpus) {
    int each = seen.of(variant).gpus();
    long others = 0;
    for (Leg leg : state.legs()) {
      others +=
          leg.variant().equals(variant)
              ? (long) (held(leg) - leg.replicas()) * each
              : (long) held(leg) * seen.of(leg.variant()).gpus();
    }
    return (int) Math.max(0, (gpus - others) / each);
  }

  /// GPUs of `replicas` of another variant with all of the goal's beside them.
  int beside(String variant, int replicas) {
    return replicas * seen.of(variant).gpus() + goal.replicas() * seen.of(goal.variant()).gpus();
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

  /// Whether nothing of `variant` serves or is about to: none is asked for, or those that exist
  /// cannot start.
  boolean isHopeless(RolloutState state, String variant) {
    List<ReplicaSeen> replicas = seen.of(variant).replicas();
    boolean asked = state.leg(variant).filter(leg -> leg.replicas() > 0).isPresent();
    if (replicas.isEmpty()) {
      return !asked;
    }
    return replicas.stream()
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

  /// Whether replicas of `variant` are made of what served well before: they need no trial.
  boolean isProven(RolloutState state, String variant) {
    String template = seen.of(variant).template();
    return !template.isEmpty() && template.equals(state.past(variant).template());
  }

  /// With what the replicas of `variant` are made of, if they serve well: of the requests that they
  /// ended no more than one in a hundred was an error. Where they ended none, nothing is learned.
  RolloutState learned(RolloutState state, String variant) {
    long errors = errors(variant);
    long ended = errors + answered(variant);
    if (ended == 0) {
      return state;
    }
    String template = errors * 100 <= ended ? seen.of(variant).template() : "";
    return state.withPast(state.past(variant).proven(template));
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
