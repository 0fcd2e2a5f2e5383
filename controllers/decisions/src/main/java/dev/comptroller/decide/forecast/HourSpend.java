package dev.comptroller.decide.forecast;

import dev.comptroller.decide.units.Money;
import java.time.Instant;

/// What one clock hour cost.
///
/// @param hour its start, a full hour in UTC
/// @param spent dollars spent in it, zero or more
public record HourSpend(Instant hour, Money spent) {
  /// Seconds of an hour.
  static final long SECONDS = 3600;

  public HourSpend {
    if (!hour.equals(floor(hour))) {
      throw new IllegalArgumentException("%s is not a full hour in UTC".formatted(hour));
    }
    if (spent.micros() < 0) {
      throw new IllegalArgumentException(
          "the hour from %s on cost %s, not zero or more".formatted(hour, spent));
    }
  }

  /// The full hour in UTC at or before an instant.
  static Instant floor(Instant instant) {
    return Instant.ofEpochSecond(Math.floorDiv(instant.getEpochSecond(), SECONDS) * SECONDS);
  }

  /// The next full hour in UTC after an instant.
  public static Instant next(Instant instant) {
    return floor(instant).plusSeconds(SECONDS);
  }
}
