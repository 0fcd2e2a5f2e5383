package dev.comptroller.decide.scale;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Set;

/// A weekly span of time with a higher minimum of replicas.
///
/// Where clocks are set forward over its start or end, that moves to the first instant after the
/// gap; where they are set back, the earlier of two equal times of day counts.
///
/// @param name what messages call it
/// @param zone time zone of start and end
/// @param days on which it starts
/// @param start time of day at which it starts
/// @param end time of day at which it ends; at or before start means on the next day
/// @param minReplicas fewest replicas while it holds
public record Schedule(
    String name,
    ZoneId zone,
    Set<DayOfWeek> days,
    LocalTime start,
    LocalTime end,
    int minReplicas) {
  public Schedule {
    days = Set.copyOf(days);
    if (days.isEmpty()) {
      throw new IllegalArgumentException("days of schedule %s is empty".formatted(name));
    }
    if (minReplicas < 0) {
      throw new IllegalArgumentException(
          "minReplicas of schedule %s is %d, not 0 or more".formatted(name, minReplicas));
    }
  }

  /// Whether it holds at `instant`.
  public boolean holdsAt(Instant instant) {
    LocalDate today = LocalDate.ofInstant(instant, zone);
    for (int back = 0; back <= 1; back++) {
      LocalDate day = today.minusDays(back);
      if (days.contains(day.getDayOfWeek())
          && !instant.isBefore(begins(day))
          && instant.isBefore(ends(day))) {
        return true;
      }
    }
    return false;
  }

  /// Whether it holds at any instant from `now` until `ahead` later.
  public boolean holdsWithin(Instant now, Duration ahead) {
    Instant next = nextChange(now);
    return holdsAt(now) || !next.isAfter(now.plus(ahead));
  }

  /// When it next starts or ends after `now`.
  public Instant nextChange(Instant now) {
    LocalDate today = LocalDate.ofInstant(now, zone);
    Instant next = Instant.MAX;
    for (int ahead = -1; ahead <= 8; ahead++) {
      LocalDate day = today.plusDays(ahead);
      if (days.contains(day.getDayOfWeek())) {
        next = earlier(next, begins(day), now);
        next = earlier(next, ends(day), now);
      }
    }
    return next;
  }

  private static Instant earlier(Instant known, Instant other, Instant now) {
    return other.isAfter(now) && other.isBefore(known) ? other : known;
  }

  private Instant begins(LocalDate day) {
    return day.atTime(start).atZone(zone).toInstant();
  }

  private Instant ends(LocalDate day) {
    LocalDate last = end.isAfter(start) ? day : day.plusDays(1);
    return last.atTime(end).atZone(zone).toInstant();
  }
}
