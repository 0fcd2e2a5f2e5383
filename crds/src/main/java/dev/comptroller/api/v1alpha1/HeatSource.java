package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// Which part of the heat a rung looks at.
public enum HeatSource {
  /// What is spent, as a share of the amount.
  @JsonProperty("Spent")
  SPENT,
  /// What is forecast for the end of the period, as a share of the amount.
  @JsonProperty("Forecast")
  FORECAST
}
