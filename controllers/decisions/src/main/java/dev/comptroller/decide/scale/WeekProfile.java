package dev.comptroller.decide.scale;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What each hour of the week usually asks for, in UTC from Monday 00:00.
///
/// @param hours 168 mean rates in tokens a second; null where an hour was never seen
/// @param weeks how many weeks were seen, in whole ones
public record WeekProfile(List<@Nullable Double> hours, int weeks) {
  /// Hours of a week.
  public static final int HOURS = 168;

  /// Nothing was seen.
  public static final WeekProfile UNKNOWN =
      new WeekProfile(new ArrayList<>(Collections.nCopies(HOURS, null)), 0);

  /// The least that a rate counts for when one hour is compared with another.
  private static final double LEAST = 1e-3;

  private static final long WEEK_SECONDS = HOURS * 3600L;

  /// 1970-01-01 was a Thursday.
  private static final long MONDAY = 4 * 86_400L;

  public WeekProfile {
    if (hours.size() != HOURS || weeks < 0) {
      throw new IllegalArgumentException(
          "%d hours and %d weeks: need %d hours and 0 weeks or more"
              .formatted(hours.size(), weeks, HOURS));
    }
    hours = Collections.unmodifiableList(new ArrayList<>(hours));
  }

  /// Hour of the week of an instant, 0 to 167.
  public static int hourOf(Instant instant) {
    return (int) (second(instant) / 3600);
  }

  /// How much more is usual at `then` than at `now`, between the middles of hours in proportion;
  /// null if either is not known.
  public @Nullable Double ratio(Instant now, Instant then) {
    Double before = at(now);
    Double after = at(then);
    return before == null || after == null || before < LEAST ? null : after / before;
  }

  /// The usual rate at an instant; null if it is not known.
  public @Nullable Double at(Instant instant) {
    double position = second(instant) / 3600.0 - 0.5;
    int low = Math.floorMod((int) Math.floor(position), HOURS);
    int high = (low + 1) % HOURS;
    Double left = hours.get(low);
    Double right = hours.get(high);
    double part = position - Math.floor(position);
    return left == null || right == null ? null : left + part * (right - left);
  }

  private static long second(Instant instant) {
    return Math.floorMod(instant.getEpochSecond() - MONDAY, WEEK_SECONDS);
  }
}
