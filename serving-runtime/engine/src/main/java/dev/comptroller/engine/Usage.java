package dev.comptroller.engine;

/// The exact tokens of a request, and the GPU time it used.
///
/// @param promptTokens tokens of the prompt
/// @param cachedTokens those of them that were not computed because they were known already
/// @param completionTokens tokens generated, the one that ended the text included
/// @param gpuNanos GPU-nanoseconds: its share, by work, of every step that it was in
public record Usage(int promptTokens, int cachedTokens, int completionTokens, long gpuNanos) {
  /// Prompt and completion.
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
