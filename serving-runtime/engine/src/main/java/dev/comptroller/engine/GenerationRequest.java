package dev.comptroller.engine;

import dev.comptroller.batching.RequestClass;
import dev.comptroller.batching.TokenIds;

/// A prompt to complete.
///
/// @param prompt the prompt's tokens
/// @param sampling how tokens are chosen and when it stops
/// @param requestClass what kind of traffic it is
/// @param label what others call the request; may be empty
public record GenerationRequest(
    TokenIds prompt, SamplingParams sampling, RequestClass requestClass, String label) {
  /// An interactive request.
  public static GenerationRequest interactive(int[] prompt, SamplingParams sampling) {
    return new GenerationRequest(TokenIds.of(prompt), sampling, RequestClass.INTERACTIVE, "");
  }

  /// A request whose answer nobody waits for.
  public static GenerationRequest batch(int[] prompt, SamplingParams sampling) {
    return new GenerationRequest(TokenIds.of(prompt), sampling, RequestClass.BATCH, "");
  }
}
