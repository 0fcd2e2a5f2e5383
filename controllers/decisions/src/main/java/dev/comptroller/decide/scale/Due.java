package dev.comptroller.decide.scale;

import java.time.Instant;

/// Work that may wait, and by when it must be done.
///
/// @param by the end of its window
/// @param tokens of prompts and answers together, as far as they are known
public record Due(Instant by, double tokens) {
  public Due {
    if (!(tokens >= 0) || tokens > 1e18) {
      throw new IllegalArgumentException(
          "tokens due by %s is %s, not 0 to 1e18".formatted(by, tokens));
    }
  }
}
