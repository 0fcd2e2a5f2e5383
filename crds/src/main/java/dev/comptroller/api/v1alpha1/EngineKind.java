package dev.comptroller.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/// What serves a variant.
public enum EngineKind {
  /// The runtime of this project, on llama.cpp.
  @JsonProperty("Bundled")
  BUNDLED,
  /// vLLM with the runtime in front of it.
  @JsonProperty("Vllm")
  VLLM
}
