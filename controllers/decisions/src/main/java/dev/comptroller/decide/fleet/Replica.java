package dev.comptroller.decide.fleet;

import org.jspecify.annotations.Nullable;

/// One pod of a variant, as seen.
///
/// @param name pod name
/// @param uid pod uid
/// @param variant the rung it serves
/// @param state how far it is
/// @param problem why it is not further, in the cluster's words; absent if nothing is wrong
public record Replica(
    String name, String uid, String variant, State state, @Nullable Problem problem) {
  /// How far a replica is.
  public enum State {
    /// Not bound to a node.
    Unscheduled,
    /// Bound, not ready.
    Starting,
    /// Ready, not terminating.
    Ready,
    /// Asked to leave.
    Terminating
  }

  /// What holds a replica back.
  ///
  /// @param reason the cluster's reason, such as `Unschedulable`, `CrashLoopBackOff`
  /// @param message the cluster's message
  public record Problem(String reason, String message) {}
}
