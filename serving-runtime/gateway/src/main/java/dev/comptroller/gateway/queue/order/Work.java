package dev.comptroller.gateway.queue.order;

import java.time.Instant;

/// What is left to do before one deadline, for one model.
///
/// @param deadline by when all of it must be done
/// @param tokens of all items together
/// @param largest tokens of the largest item: an item runs on one slot and cannot be split
public record Work(Instant deadline, long tokens, long largest) {
  public Work {
    if (tokens < 0 || largest < 0 || largest > tokens) {
      throw new IllegalArgumentException(
          "impossible work: %d tokens, the largest item %d".formatted(tokens, largest));
    }
  }
}
