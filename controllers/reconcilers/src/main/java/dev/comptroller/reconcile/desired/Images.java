package dev.comptroller.reconcile.desired;

/// The images of serving pods.
///
/// @param runtime the runtime, in every pod
/// @param vllm vLLM's OpenAI server, in pods of variants with that engine
public record Images(String runtime, String vllm) {
  public Images {
    if (runtime.isBlank()) {
      throw new IllegalArgumentException("images.runtime is empty: name the image of serving pods");
    }
    if (vllm.isBlank()) {
      throw new IllegalArgumentException(
          "images.vllm is empty: name the image of vLLM's OpenAI server");
    }
  }
}
