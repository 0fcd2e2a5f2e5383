package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// What happens at the end of the money.
public enum Enforcement {
  /// Spending stops before the amount is exceeded.
  @JsonProperty("Hard")
  HARD,
  /// Spending goes on and is reported.
  @JsonProperty("Soft")
  SOFT
}
