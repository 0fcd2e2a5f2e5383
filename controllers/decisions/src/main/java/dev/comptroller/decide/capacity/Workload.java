package dev.comptroller.decide.capacity;

/// The mean request of some traffic.
///
/// @param inputTokens tokens of the prompt, cached ones included
/// @param outputTokens tokens of the answer, 1 or more
/// @param cachedShare part of the prompt that is not computed, 0 to 1
public record Workload(double inputTokens, double outputTokens, double cachedShare) {
  public Workload {
    if (!(inputTokens >= 0 && Double.isFinite(inputTokens))) {
      throw new IllegalArgumentException(
          "inputTokens is %s, not zero or more".formatted(inputTokens));
    }
    if (!(outputTokens >= 1 && Double.isFinite(outputTokens))) {
      throw new IllegalArgumentException(
          "outputTokens is %s, not one or more".formatted(outputTokens));
    }
    if (!(cachedShare >= 0 && cachedShare <= 1)) {
      throw new IllegalArgumentException("cachedShare is %s, not 0 to 1".formatted(cachedShare));
    }
  }

  /// Tokens of the prompt that are computed.
  public double computedInput() {
    return inputTokens * (1 - cachedShare);
  }

  /// Tokens that a request is charged work for: prompt and answer.
  public double tokens() {
    return inputTokens + outputTokens;
  }

  /// Tokens computed for a request in the mean step that it is in.
  double tokensPerStep() {
    return (computedInput() + outputTokens) / outputTokens;
  }

  /// Tokens of a request in the cache, on average while it is served.
  double meanKvTokens() {
    return inputTokens + outputTokens / 2;
  }
}
