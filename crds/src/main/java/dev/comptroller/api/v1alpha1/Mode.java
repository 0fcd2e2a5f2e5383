package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// Whether decisions are carried out.
public enum Mode {
  /// Decisions are carried out.
  @JsonProperty("Enforce")
  ENFORCE,
  /// Decisions are taken and reported, nothing is changed.
  @JsonProperty("Observe")
  OBSERVE
}
