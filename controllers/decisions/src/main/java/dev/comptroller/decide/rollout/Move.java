package dev.comptroller.decide.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a call came to, before weights and intents are worked out.
record Move(RolloutState state, String reason, String why, @Nullable Instant wake) {
  /// A move that goes on at once.
  static Move soon(RolloutState state, Phase phase, String why, Instant now) {
    return new Move(state, phase.name(), why, now);
  }

  /// A move that waits within a phase.
  static Move stay(RolloutState state, Phase phase, String why, @Nullable Instant wake) {
    return new Move(state, phase.name(), why, wake);
  }
}
