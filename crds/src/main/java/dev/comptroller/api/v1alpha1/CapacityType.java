package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// How nodes are paid for.
public enum CapacityType {
  /// Paid for whether used or not.
  @JsonProperty("Reserved")
  RESERVED,
  /// Paid for while it exists.
  @JsonProperty("OnDemand")
  ON_DEMAND,
  /// Cheaper, and may be taken away.
  @JsonProperty("Spot")
  SPOT
}
