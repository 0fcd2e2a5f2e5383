package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// How much money is held for a request before it runs.
public enum Hold {
  /// The input and a first slice of output; further slices while it decodes.
  @JsonProperty("Sliced")
  SLICED,
  /// The worst case at once.
  @JsonProperty("Full")
  FULL
}
