package dev.comptroller.reconcile.desired;

/// What computes in the pods of a variant.
public enum Engine {
  /// The runtime itself: llama.cpp in its process.
  Bundled,

  /// vLLM in a container of its own, with the runtime in front of it.
  Vllm
}
