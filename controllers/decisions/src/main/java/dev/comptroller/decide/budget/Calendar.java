package dev.comptroller.decide.budget;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/// Periods of a budget in a time zone, as instants.
///
/// Periods tile time: every instant is in exactly one, whatever the clocks do. A day that has 23 or
/// 25 hours is one period, a day that a zone skipped is none, and an hour that the clock cuts short
/// or repeats in part is joined to its neighbour. Boundaries lie on UTC quarter hours; one that
/// does not (only local mean times of the past, and offsets such as `+00:07`, which [#of] refuses)
/// counts from the quarter hour before it.
///
/// @param period the unit
/// @param zone the time zone
public record Calendar(Period period, ZoneId zone) {
  private static final long QUARTER = 900;
  private static final long HOUR = 3600;

  /// The calendar of a time zone given by name, such as `Europe/Berlin` or `UTC`.
  ///
  /// @throws IllegalArgumentException says what is wrong and what would be right
  public static Calendar of(Period period, String zone) {
    ZoneId parsed;
    try {
      parsed = ZoneId.of(zone);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "timeZone \"%s\" is not known: give an IANA name like \"Europe/Berlin\" or \"UTC\""
              .formatted(zone),
          e);
    }
    if (parsed.getRules().isFixedOffset()
        && parsed.getRules().getOffset(Instant.EPOCH).getTotalSeconds() % QUARTER != 0) {
      throw new IllegalArgumentException(
          "timeZone \"%s\" is no multiple of 15 minutes from UTC; spend is kept by quarter hours"
              .formatted(zone));
    }
    return new Calendar(period, parsed);
  }

  /// The period that `instant` is in.
  public Window containing(Instant instant) {
    Instant raw = rawStart(instant);
    Instant next = rawNext(raw);
    // Rounding a boundary down can put it at or before the instant: then the next period has it.
    while (!instant.isBefore(toQuarter(next)) || !toQuarter(raw).isBefore(toQuarter(next))) {
      raw = next;
      next = rawNext(raw);
    }
    return new Window(toQuarter(raw), toQuarter(next));
  }

  private Instant rawStart(Instant instant) {
    return switch (period) {
      case Hour -> hourAtOrBefore(instant);
      case Day, Week, Month -> dateAtOrBefore(instant);
    };
  }

  private Instant rawNext(Instant start) {
    return switch (period) {
      case Hour -> hourAfter(start);
      case Day, Week, Month -> dateAfter(start);
    };
  }

  private Instant dateAtOrBefore(Instant instant) {
    LocalDate date = first(instant.atZone(zone).toLocalDate());
    while (startOf(date).isAfter(instant)) {
      date = back(date);
    }
    while (!startOf(forward(date)).isAfter(instant)) {
      date = forward(date);
    }
    return startOf(date);
  }

  private Instant dateAfter(Instant start) {
    LocalDate date = first(start.atZone(zone).toLocalDate());
    while (!startOf(date).isAfter(start)) {
      date = forward(date);
    }
    return startOf(date);
  }

  private Instant startOf(LocalDate date) {
    return date.atStartOfDay(zone).toInstant();
  }

  private LocalDate first(LocalDate date) {
    return switch (period) {
      case Hour, Day -> date;
      case Week -> date.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case Month -> date.withDayOfMonth(1);
    };
  }

  private LocalDate forward(LocalDate date) {
    return switch (period) {
      case Hour, Day -> date.plusDays(1);
      case Week -> date.plusWeeks(1);
      case Month -> date.plusMonths(1);
    };
  }

  private LocalDate back(LocalDate date) {
    return switch (period) {
      case Hour, Day -> date.minusDays(1);
      case Week -> date.minusWeeks(1);
      case Month -> date.minusMonths(1);
    };
  }

  /// The latest instant, not after `instant`, at which the local clock shows a full hour.
  private Instant hourAtOrBefore(Instant instant) {
    ZoneRules rules = zone.getRules();
    Instant cursor = instant;
    while (true) {
      ZoneOffset offset = rules.getOffset(cursor);
      Instant candidate = floorHour(cursor, offset);
      if (rules.getOffset(candidate).equals(offset)) {
        return candidate;
      }
      // The clock changed since that full hour, which therefore was not one: look before the
      // change.
      ZoneOffsetTransition change = rules.previousTransition(cursor.plusNanos(1));
      cursor = change.getInstant().minusNanos(1);
    }
  }

  private Instant hourAfter(Instant start) {
    ZoneRules rules = zone.getRules();
    Instant cursor = start;
    while (true) {
      ZoneOffset offset = rules.getOffset(cursor);
      Instant floor = floorHour(cursor, offset);
      if (cursor.isAfter(start) && cursor.equals(floor)) {
        return cursor;
      }
      Instant candidate = floor.plusSeconds(HOUR);
      ZoneOffsetTransition change = rules.nextTransition(cursor);
      if (change == null || candidate.isBefore(change.getInstant())) {
        return candidate;
      }
      cursor = change.getInstant();
    }
  }

  private static Instant floorHour(Instant instant, ZoneOffset offset) {
    long local = instant.getEpochSecond() + offset.getTotalSeconds();
    return Instant.ofEpochSecond(Math.floorDiv(local, HOUR) * HOUR - offset.getTotalSeconds());
  }

  private static Instant toQuarter(Instant instant) {
    return Instant.ofEpochSecond(Math.floorDiv(instant.getEpochSecond(), QUARTER) * QUARTER);
  }
}
