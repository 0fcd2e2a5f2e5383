package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a node of one capacity type costs an hour, and when.
///
/// @param type the capacity type it is for
/// @param perNodeHour price of a node, all its GPUs included
/// @param from first instant at which it holds; absent means since ever
/// @param until first instant at which it no longer holds; absent means for ever
public record Price(
    CapacityType type, HourlyRate perNodeHour, @Nullable Instant from, @Nullable Instant until) {
  /// A price without dates.
  public static Price always(CapacityType type, HourlyRate perNodeHour) {
    return new Price(type, perNodeHour, null, null);
  }

  /// Whether it holds at `instant`.
  public boolean holdsAt(Instant instant) {
    return (from == null || !instant.isBefore(from)) && (until == null || instant.isBefore(until));
  }

  Instant start() {
    return from == null ? Instant.MIN : from;
  }
}
