package dev.comptroller.reconcile.charges;

import dev.comptroller.decide.scale.Pulse;
import dev.comptroller.decide.scale.WeekProfile;
import java.time.DayOfWeek;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is remembered of the demand for one deployment.
///
/// @param usual what a served request was like of late
/// @param minutes that were observed whole, by minutes since 1970
/// @param days what was asked for in each minute of the last two days
/// @param hours means by hour of the week
/// @param pulse how it swings while a minute lasts
/// @param lastRequest when a request last came or ended; absent if none was seen
record DemandMemory(
    Usual usual,
    SortedMap<Long, Load> minutes,
    PastDays days,
    SortedMap<Integer, Hour> hours,
    Pulse pulse,
    @Nullable Instant lastRequest) {
  static final DemandMemory NONE =
      new DemandMemory(
          Usual.NONE, new TreeMap<>(), PastDays.NONE, new TreeMap<>(), Pulse.EVEN, null);

  private static final long MINUTES_OF_WEEK = 7 * 24 * 60;

  /// 1970 began on a Thursday: minutes from the Monday before.
  private static final long SINCE_MONDAY =
      (DayOfWeek.THURSDAY.getValue() - DayOfWeek.MONDAY.getValue()) * 24L * 60;

  DemandMemory {
    minutes = Collections.unmodifiableSortedMap(new TreeMap<>(minutes));
    hours = Collections.unmodifiableSortedMap(new TreeMap<>(hours));
  }

  /// The same without what it was asked for in each minute of the last two days.
  DemandMemory withoutDays() {
    return new DemandMemory(usual, minutes, PastDays.NONE, hours, pulse, lastRequest);
  }

  /// The same without any minutes.
  DemandMemory withoutMinutes() {
    return new DemandMemory(usual, new TreeMap<>(), PastDays.NONE, hours, pulse, lastRequest);
  }

  /// The hour of the week of a minute since 1970: 0 is Monday 00:00 UTC.
  static int hour(long minute) {
    return WeekProfile.hourOf(Instant.ofEpochSecond(60 * minute));
  }

  /// The number of the week of a minute since 1970; weeks begin on Monday 00:00 UTC.
  static long week(long minute) {
    return Math.floorDiv(minute + SINCE_MONDAY, MINUTES_OF_WEEK);
  }

  /// Sums over served requests that fade with every look.
  ///
  /// @param served thousandths of requests
  /// @param prompt tokens of their prompts
  /// @param answer tokens of their answers
  record Usual(long served, long prompt, long answer) {
    static final Usual NONE = new Usual(0, 0, 0);
    private static final double FORGET = 0.98;

    /// With some more that were served.
    Usual plus(long more, long prompts, long answers) {
      return new Usual(
          Math.round(FORGET * served) + 1000 * more,
          Math.round(FORGET * prompt) + prompts,
          Math.round(FORGET * answer) + answers);
    }

    boolean isKnown() {
      return served > 0 && prompt + answer > 0;
    }

    /// What so many requests ask for that are like those.
    Load of(long requests) {
      return served == 0
          ? new Load(0, 0, requests)
          : new Load(
              Math.round(1000.0 * requests * prompt / served),
              Math.round(1000.0 * requests * answer / served),
              requests);
    }
  }

  /// The demand in one hour of the week; a week counts half after two more.
  ///
  /// @param week the last one that it was seen in
  /// @param weeks in how many it was seen
  /// @param weight thousandths of minutes that the sums are over
  /// @param prompt tokens of prompts
  /// @param answer tokens of answers
  /// @param requests thousandths of requests
  record Hour(long week, int weeks, long weight, long prompt, long answer, long requests) {
    private static final double HALF_LIFE_WEEKS = 2;

    static final Hour NONE = new Hour(0, 0, 0, 0, 0, 0);

    /// With one more minute, of a week.
    Hour plus(long of, Load minute) {
      boolean another = weeks == 0 || of > week;
      double left = weeks == 0 || of <= week ? 1 : Math.pow(0.5, (of - week) / HALF_LIFE_WEEKS);
      return new Hour(
          another ? of : week,
          another ? weeks + 1 : weeks,
          Math.round(left * weight) + 1000,
          Math.round(left * prompt) + minute.prompt(),
          Math.round(left * answer) + minute.answer(),
          Math.round(left * requests) + 1000 * minute.requests());
    }
  }
}
