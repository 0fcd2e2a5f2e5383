package dev.comptroller.decide.heat;

/// What a budget does as its heat rises, mildest first.
public enum HeatAction {
  /// A condition and an event, nothing else.
  Warn,
  /// Batch work waits.
  QueueBatch,
  /// Answers are cut shorter.
  CapOutput,
  /// Deployments serve one rung lower; two steps of it, two rungs lower.
  Downgrade,
  /// Fewer tokens a minute are admitted.
  Throttle,
  /// Deployments go to zero replicas.
  Suspend;

  /// Whether it needs a number: output tokens of a request, or tokens a minute.
  public boolean isLimit() {
    return this == CapOutput || this == Throttle;
  }
}
