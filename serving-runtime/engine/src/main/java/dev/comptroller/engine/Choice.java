package dev.comptroller.engine;

import org.jspecify.annotations.Nullable;

/// What sampling a row of logits gave.
sealed interface Choice {
  /// A token.
  record Chosen(int token, TokenEvent.@Nullable Logprob logprob) implements Choice {}

  /// The row is unusable.
  record Broken(String message) implements Choice {}
}
