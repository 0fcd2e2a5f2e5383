package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// Where batch work may run.
public enum BatchCapacity {
  /// Idle slots of warm replicas.
  @JsonProperty("Idle")
  IDLE,
  /// Spot nodes.
  @JsonProperty("Spot")
  SPOT,
  /// On-demand nodes, only to keep the completion window.
  @JsonProperty("OnDemand")
  ON_DEMAND
}
