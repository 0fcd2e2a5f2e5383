package dev.comptroller.decide.forecast;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// How far forecasts by need would have been off on past days.
///
/// For each past day it is forecast again as of the same hour: what that hour cost goes on, more
/// or less of it as the hours after it need more or less. How far that is off what these hours did
/// cost is what days teach of the forecast made now. Days of which not every hour is known, and
/// days on which that hour cost nothing, teach nothing.
///
/// @param days how many taught
/// @param squares sum over them of the square of how far they were off, in micro-dollars
/// @param tried hours that were forecast on each of them, fewer than a day has
/// @param ahead hours that are forecast now
record Misses(int days, BigInteger squares, int tried, int ahead) {
  /// Days that have to teach before anything is said.
  static final int NEEDED = 2;

  private static final int MOST = Season.STUDENT.size();
  private static final int LONGEST = Needs.HOURS - 1;

  /// What days in `history` teach at `now` about the hours until `end`.
  ///
  /// @param need by hour of the day in UTC
  static Misses learn(List<HourSpend> history, List<BigInteger> need, Instant now, Instant end) {
    Instant present = HourSpend.floor(now);
    Instant next = HourSpend.next(now);
    long rest = next.isBefore(end) ? Duration.between(next, end).toSeconds() : 0;
    int ahead = Math.toIntExact(Math.ceilDiv(rest, HourSpend.SECONDS));
    int tried = Math.min(ahead, LONGEST);
    BigInteger first = need.get(Needs.hourOfDay(present));
    if (tried == 0 || first.signum() <= 0) {
      return new Misses(0, BigInteger.ZERO, tried, ahead);
    }
    BigInteger sum = BigInteger.ZERO;
    for (int hour = 1; hour <= tried; hour++) {
      sum = sum.add(need.get(Needs.hourOfDay(present.plusSeconds(hour * HourSpend.SECONDS))));
    }
    long[] spent = Season.hoursBack(history, present, MOST * Needs.HOURS);
    BigInteger squares = BigInteger.ZERO;
    int days = 0;
    for (int day = 1; day <= MOST; day++) {
      int at = day * Needs.HOURS - 1;
      Optional<BigInteger> cost = cost(spent, at, tried);
      if (spent[at] > 0 && cost.isPresent()) {
        BigInteger foretold = BigInteger.valueOf(spent[at]).multiply(sum).divide(first);
        BigInteger off = cost.get().subtract(foretold);
        squares = squares.add(off.multiply(off));
        days++;
      }
    }
    return new Misses(days, squares, tried, ahead);
  }

  /// What the `count` hours after the one at `at` cost; absent if one of them is not known.
  private static Optional<BigInteger> cost(long[] spent, int at, int count) {
    long cost = 0;
    for (int hour = 1; hour <= count; hour++) {
      if (spent[at - hour] < 0) {
        return Optional.empty();
      }
      cost = Math.addExact(cost, spent[at - hour]);
    }
    return Optional.of(BigInteger.valueOf(cost));
  }

  /// Whether enough days taught.
  boolean isTelling() {
    return days >= NEEDED;
  }

  /// How far off the forecast may be, in micro-dollars: about four of five times it is not more. A
  /// period that goes on for longer than what was tried is taken to be off as far for all of it.
  BigInteger halfWidth() {
    BigInteger whole = BigInteger.valueOf(ahead).multiply(BigInteger.valueOf(ahead));
    BigInteger part = BigInteger.valueOf(tried).multiply(BigInteger.valueOf(tried));
    BigInteger deviation =
        squares
            .multiply(whole)
            .divide(part.multiply(BigInteger.valueOf(days)))
            .sqrt()
            .add(BigInteger.ONE);
    BigInteger points = BigInteger.valueOf(Season.STUDENT.get(days - 1));
    return squares.signum() == 0
        ? BigInteger.ZERO
        : deviation.multiply(points).divide(BigInteger.valueOf(1000)).add(BigInteger.ONE);
  }
}
