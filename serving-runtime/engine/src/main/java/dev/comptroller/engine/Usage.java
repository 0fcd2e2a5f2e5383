package dev.comptroller.engine;

/// The exact tokens of a request.
///
/// @param promptTokens tokens of the prompt
/// @param cachedTokens those of them that were not computed because they were known already
/// @param completionTokens tokens generated, the one that ended the text included
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {
  /// Prompt and completion.
  public int totalTokens() {
    return promptTokens + completionTokens;
  }
}
