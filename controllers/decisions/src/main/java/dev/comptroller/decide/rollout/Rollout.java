package dev.comptroller.decide.rollout;

import java.time.Instant;

/// The state machine of changes of variant: make before break.
///
/// `Prestage -> Start -> Warm -> Canary -> Shift -> Drain -> Release`, then steady again; without
/// Canary, and in two steps of the shift, where the variant is made of what served well when it was
/// last left.
///
/// Whoever calls it writes the state of the step, carries out its intents, and calls it again when
/// the
/// cluster changed or at its wake time. Every call looks at the whole: intents are what the written
/// state asks for, not what is new in it, so that it does not matter how many of the last ones were
/// carried out.
///
/// What holds after every call:
/// - one change at a time; a goal that changes on the way turns it round, or waits until it is
///   done;
/// - while any replica is ready, some ready replica has weight, unless zero replicas are the goal;
/// - replicas that may exist use at most the GPUs of the old variant and the surge that is paid
///   for;
/// - no change begins within the dwell of the last one; undoing one is exempt, and counted;
/// - a failure before all traffic has moved goes back to the old variant, and is tried again after
///   a back-off.
public final class Rollout {
  private Rollout() {}

  /// The next step towards `goal`. Total, and the same for the same arguments.
  public static Step next(
      RolloutState state, RolloutSeen seen, Goal goal, RolloutPolicy policy, Instant now) {
    return new Turn(new Facts(seen, goal, policy, now)).next(state);
  }
}
