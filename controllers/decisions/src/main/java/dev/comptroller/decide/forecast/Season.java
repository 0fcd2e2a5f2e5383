package dev.comptroller.decide.forecast;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What each hour of the day costs, learnt from whole days.
///
/// Days are blocks of 24 hours that end with the last closed hour, so that the newest one counts as
/// soon as it can. An hour of the day costs the mean of what it did cost, where the newest of n
/// days counts n times, the one before n - 1 times, and so on.
///
/// @param zone whose hours of the day these are
/// @param days how many were learnt from, [#DAYS_NEEDED] to [#DAYS_USED]
/// @param rates micro-dollars an hour, by hour of the day
/// @param squares sum over days of the square of what the day cost more or less than its hours say
record Season(ZoneId zone, int days, List<BigInteger> rates, BigInteger squares) {
  static final int DAYS_NEEDED = 2;
  static final int DAYS_USED = 28;

  private static final int HOURS = 24;
  private static final BigInteger DAY = BigInteger.valueOf(86_400);

  /// Two-sided 80 % points of Student's t in thousandths, by degrees of freedom from 1.
  static final List<Integer> STUDENT =
      List.of(
          3078, 1886, 1638, 1533, 1476, 1440, 1415, 1397, 1383, 1372, 1363, 1356, 1350, 1345, 1341,
          1337, 1333, 1330, 1328, 1325, 1323, 1321, 1319, 1318, 1316, 1315, 1314);

  /// The season in `history` as seen at `now`; absent if it does not hold two whole days that end
  /// with the last closed hour.
  static Optional<Season> learn(List<HourSpend> history, ZoneId zone, Instant now) {
    Instant present = HourSpend.floor(now);
    long[] spent = hoursBack(history, present, DAYS_USED * HOURS);
    int days = known(spent) / HOURS;
    if (days < DAYS_NEEDED) {
      return Optional.empty();
    }
    int[] ofDay = hoursOfDay(zone, present, days * HOURS);
    long[] rates = rates(spent, ofDay, days);
    BigInteger squares = BigInteger.ZERO;
    for (int day = 0; day < days; day++) {
      long deviation = 0;
      for (int back = day * HOURS; back < (day + 1) * HOURS; back++) {
        deviation = Math.addExact(deviation, spent[back] - rates[ofDay[back]]);
      }
      BigInteger exact = BigInteger.valueOf(deviation);
      squares = squares.add(exact.multiply(exact));
    }
    List<BigInteger> exact = Arrays.stream(rates).mapToObj(BigInteger::valueOf).toList();
    return Optional.of(new Season(zone, days, exact, squares));
  }

  /// Whole hours of history that end with the last closed hour.
  static int hoursKnown(List<HourSpend> history, Instant now) {
    return known(hoursBack(history, HourSpend.floor(now), history.size()));
  }

  /// What the last `count` hours before `present` cost, the newest first; -1 where that is not
  /// known.
  static long[] hoursBack(List<HourSpend> history, Instant present, int count) {
    once(history);
    long[] spent = new long[count];
    Arrays.fill(spent, -1);
    for (HourSpend hour : history) {
      long back = (present.getEpochSecond() - hour.hour().getEpochSecond()) / HourSpend.SECONDS - 1;
      if (back >= 0 && back < count) {
        spent[(int) back] = hour.spent().micros();
      }
    }
    return spent;
  }

  private static void once(List<HourSpend> history) {
    boolean ascends = true;
    for (int i = 1; i < history.size() && ascends; i++) {
      ascends = history.get(i - 1).hour().isBefore(history.get(i).hour());
    }
    if (ascends) {
      return;
    }
    Set<Instant> hours = new HashSet<>();
    for (HourSpend hour : history) {
      if (!hours.add(hour.hour())) {
        throw new IllegalArgumentException("history has the hour %s twice".formatted(hour.hour()));
      }
    }
  }

  /// How many hours in a row are known, from the newest on.
  private static int known(long[] spent) {
    int count = 0;
    while (count < spent.length && spent[count] >= 0) {
      count++;
    }
    return count;
  }

  /// Micro-dollars an hour at an instant.
  BigInteger rateAt(Instant instant) {
    return rates.get(hourOfDay(zone, HourSpend.floor(instant)));
  }

  /// How far off the sum of this much time may be, in micro-dollars: about four of five times it
  /// is not more.
  ///
  /// Days vary independently, the hours of one day together; the mean itself is off by its share
  /// of that.
  BigInteger halfWidth(Duration ahead) {
    BigInteger seconds = BigInteger.valueOf(ahead.toSeconds());
    BigInteger count = BigInteger.valueOf(days);
    BigInteger square = seconds.multiply(seconds);
    BigInteger together = seconds.compareTo(DAY) < 0 ? square : seconds.multiply(DAY);
    BigInteger numerator = squares.multiply(together.multiply(count).add(square));
    BigInteger denominator =
        DAY.multiply(DAY).multiply(count).multiply(count.subtract(BigInteger.ONE));
    BigInteger deviation = numerator.divide(denominator).sqrt().add(BigInteger.ONE);
    BigInteger points = BigInteger.valueOf(STUDENT.get(days - 2));
    return squares.signum() == 0
        ? BigInteger.ZERO
        : deviation.multiply(points).divide(BigInteger.valueOf(1000)).add(BigInteger.ONE);
  }

  private static long[] rates(long[] spent, int[] ofDay, int days) {
    long[] sums = new long[HOURS];
    long[] weights = new long[HOURS];
    for (int back = 0; back < ofDay.length; back++) {
      long weight = days - (long) back / HOURS;
      int of = ofDay[back];
      sums[of] = Math.addExact(sums[of], Math.multiplyExact(spent[back], weight));
      weights[of] += weight;
    }
    long[] rates = new long[HOURS];
    for (int of = 0; of < HOURS; of++) {
      // A clock that shifts may skip an hour of the day in one block, never in two.
      long weight = Math.max(1, weights[of]);
      rates[of] = Math.addExact(sums[of], weight / 2) / weight;
    }
    return rates;
  }

  /// The hours of the day of the last `count` hours before `present`, the newest first.
  private static int[] hoursOfDay(ZoneId zone, Instant present, int count) {
    int[] ofDay = new int[count];
    boolean repeats = zone.getRules().isFixedOffset();
    for (int back = 0; back < count; back++) {
      ofDay[back] =
          repeats && back >= HOURS
              ? ofDay[back - HOURS]
              : hourOfDay(zone, present.minusSeconds((back + 1L) * HourSpend.SECONDS));
    }
    return ofDay;
  }

  private static int hourOfDay(ZoneId zone, Instant hour) {
    long local = hour.getEpochSecond() + zone.getRules().getOffset(hour).getTotalSeconds();
    return (int) (Math.floorMod(local, 86_400L) / HourSpend.SECONDS);
  }
}
