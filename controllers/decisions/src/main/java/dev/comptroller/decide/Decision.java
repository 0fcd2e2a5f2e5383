package dev.comptroller.decide;

/// What to do about a ModelDeployment, and why.
public sealed interface Decision {
  /// The numbers behind the choice.
  Explanation explanation();

  /// Serve this variant with this many replicas, and no other variant.
  ///
  /// @param variant the active rung
  /// @param replicas how many; may be zero
  record Serve(String variant, int replicas, Explanation explanation) implements Decision {}

  /// Nothing can be chosen: leave what runs as it is.
  ///
  /// @param reason CamelCase, for conditions and events
  /// @param message what is missing and what to do
  record Blocked(String reason, String message, Explanation explanation) implements Decision {}
}
