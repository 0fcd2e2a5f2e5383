package dev.comptroller.decide.budget;

import java.time.Duration;
import java.time.Instant;

/// A half-open stretch of time, `[start, end)`.
///
/// @param start first instant in it
/// @param end first instant after it
public record Window(Instant start, Instant end) {
  public Window {
    if (!start.isBefore(end)) {
      throw new IllegalArgumentException("window from %s to %s is empty".formatted(start, end));
    }
  }

  /// Whether `instant` lies in it.
  public boolean contains(Instant instant) {
    return !instant.isBefore(start) && instant.isBefore(end);
  }

  /// How long it is.
  public Duration length() {
    return Duration.between(start, end);
  }
}
