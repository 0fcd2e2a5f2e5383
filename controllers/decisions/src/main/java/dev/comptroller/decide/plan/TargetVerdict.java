package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.Cpm;

/// Whether a plan meets its deployment's target CPM.
public sealed interface TargetVerdict {
  /// The figures, in a sentence.
  String message();

  /// It does.
  ///
  /// @param cpm full CPM of the plan
  record Met(Cpm cpm, String message) implements TargetVerdict {}

  /// It does not.
  ///
  /// @param binding what would have to change
  record Missed(Binding binding, String message) implements TargetVerdict {}

  /// What keeps a deployment from its target.
  enum Binding {
    /// It can be met, but not with what others have left of nodes, ceiling or allowance.
    Room,
    /// Capacity on top of the demand, for the SLO.
    SloHeadroom,
    /// The fewest replicas that the owner asks for.
    MinReplicas,
    /// The most nodes or replicas that there may be of what is cheap enough.
    Capacity,
    /// A rung under the floor would meet it.
    QualityFloor,
    /// Too little for a whole replica.
    Demand,
    /// No offer is cheap enough even at full use.
    Price
  }
}
