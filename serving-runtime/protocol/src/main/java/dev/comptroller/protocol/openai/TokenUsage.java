package dev.comptroller.protocol.openai;

/// The exact tokens of a request.
public record TokenUsage(
    int promptTokens,
    int completionTokens,
    int totalTokens,
    PromptTokensDetails promptTokensDetails) {
  /// What became of the prompt's tokens.
  ///
  /// @param cachedTokens tokens that were not computed because they were known already
  public record PromptTokensDetails(int cachedTokens) {}

  /// Usage from its parts.
  public static TokenUsage of(int promptTokens, int cachedTokens, int completionTokens) {
    return new TokenUsage(
        promptTokens,
        completionTokens,
        promptTokens + completionTokens,
        new PromptTokensDetails(cachedTokens));
  }
}
