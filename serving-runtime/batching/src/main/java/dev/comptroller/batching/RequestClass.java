package dev.comptroller.batching;

/// What kind of traffic a request is.
public enum RequestClass {
  /// Somebody waits for the answer: it starts before batch work, takes its place when there is no
  /// other, and comes first in every step.
  INTERACTIVE,
  /// The answer has a deadline, hours away: it gets what interactive work leaves, which may be
  /// nothing. Whoever holds the deadline sends the request as interactive when it must start now.
  BATCH
}
