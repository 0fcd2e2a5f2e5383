package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// What a budget does as its heat rises, mildest first.
public enum HeatAction {
  /// A condition and an event, nothing else.
  @JsonProperty("Warn")
  WARN,
  /// Batch work waits.
  @JsonProperty("QueueBatch")
  QUEUE_BATCH,
  /// Answers are cut shorter.
  @JsonProperty("CapOutput")
  CAP_OUTPUT,
  /// Deployments serve one rung lower, never under their quality floor.
  @JsonProperty("Downgrade")
  DOWNGRADE,
  /// Fewer tokens a minute are admitted.
  @JsonProperty("Throttle")
  THROTTLE,
  /// Deployments go to zero replicas.
  @JsonProperty("Suspend")
  SUSPEND
}
