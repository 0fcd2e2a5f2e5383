package dev.comptroller.gateway.queue.order;

import java.time.Instant;

/// Whether a batch can be done in its window.
public sealed interface Verdict {
  /// It can, and nobody else's window breaks.
  ///
  /// @param by when it is done at the latest
  record Kept(Instant by) implements Verdict {}

  /// It may or may not.
  ///
  /// @param by when it is done at the latest, as far as is known
  /// @param reason why it is not certain
  record Doubtful(Instant by, String reason) implements Verdict {}

  /// Too little is known to say.
  record Unmeasured(String reason) implements Verdict {}

  /// It cannot, whatever the order.
  ///
  /// @param earliest when it could be done at the earliest
  /// @param reason the numbers
  record Impossible(Instant earliest, String reason) implements Verdict {}
}
