package dev.comptroller.decide.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A change under way. There is at most one at a time.
///
/// @param phase how far it is
/// @param from the variant to leave
/// @param to the variant to reach; absent for a suspension
/// @param since when the phase, or its present step, began
/// @param started when the change began; of a suspension, when replicas that serve nothing any more
///     began to finish what they have
/// @param attempt 1 for the first try
/// @param share percent of new requests that `to` is meant to get
/// @param fromReplicas replicas of `from` when it began
/// @param wanted replicas of `to` that were wanted when it began
/// @param gpuBound GPUs that both may hold together: those of `from` and the surge that is paid for
/// @param rollback whether it undoes another change: known weights and known replicas, no trials
/// @param broken whether old replicas had to leave before new ones could start
/// @param reason why it is made, in CamelCase
public record Change(
    Phase phase,
    String from,
    @Nullable String to,
    Instant since,
    Instant started,
    int attempt,
    int share,
    int fromReplicas,
    int wanted,
    int gpuBound,
    boolean rollback,
    boolean broken,
    String reason) {

  /// Percent of new requests for `to` in the present phase.
  int effectiveShare() {
    return switch (phase) {
      case Prestage, Break, Start, Warm -> rollback ? share : 0;
      case Canary, Shift, Drain, Release, Suspend -> share;
    };
  }

  Change in(Phase next, Instant now) {
    return new Change(
        next,
        from,
        to,
        now,
        started,
        attempt,
        share,
        fromReplicas,
        wanted,
        gpuBound,
        rollback,
        broken,
        reason);
  }

  Change withShare(int next, Instant now) {
    return new Change(
        phase,
        from,
        to,
        now,
        started,
        attempt,
        next,
        fromReplicas,
        wanted,
        gpuBound,
        rollback,
        broken,
        reason);
  }
}
