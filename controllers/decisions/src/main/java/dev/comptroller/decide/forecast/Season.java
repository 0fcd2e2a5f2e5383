package dev.comptroller.decide.forecast;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
  private static final List<Integer> STUDENT =
      List.of(
          3078, 1886, 1638, 1533, 1476, 1440, 1415, 1397, 1383, 1372, 1363, 1356, 1350, 1345, 1341,
          1337, 1333, 1330, 1328, 1325, 1323, 1321, 1319, 1318, 1316, 1315, 1314);

  /// The season in `history` as seen at `now`; absent if it does not hold two whole days that end
  /// with the last closed hour.
  static Optional<Season> learn(List<HourSpend> history, ZoneId zone, Instant now) {
    Instant present = HourSpend.floor(now);
    Map<Instant, BigInteger> byHour = new HashMap<>();
    for (HourSpend hour : history) {
      if (byHour.put(hour.hour(), BigInteger.valueOf(hour.spent().micros())) != null) {
        throw new IllegalArgumentException("history has the hour %s twice".formatted(hour.hour()));
      }
    }
    int days = wholeDays(byHour, present);
    if (days < DAYS_NEEDED) {
      return Optional.empty();
    }
    List<BigInteger> rates = rates(byHour, zone, present, days);
    BigInteger squares = BigInteger.ZERO;
    for (int day = 0; day < days; day++) {
      BigInteger deviation = BigInteger.ZERO;
      for (int back = 1; back <= HOURS; back++) {
        Instant hour = hourBack(present, day, back);
        BigInteger expected = rates.get(hourOfDay(zone, hour));
        deviation = deviation.add(byHour.getOrDefault(hour, BigInteger.ZERO)).subtract(expected);
      }
      squares = squares.add(deviation.multiply(deviation));
    }
    return Optional.of(new Season(zone, days, rates, squares));
  }

  /// Whole hours of history that end with the last closed hour.
  static int hoursKnown(List<HourSpend> history, Instant now) {
    Map<Instant, BigInteger> byHour = new HashMap<>();
    history.forEach(hour -> byHour.put(hour.hour(), BigInteger.ZERO));
    Instant hour = HourSpend.floor(now).minusSeconds(HourSpend.SECONDS);
    int count = 0;
    while (byHour.containsKey(hour)) {
      count++;
      hour = hour.minusSeconds(HourSpend.SECONDS);
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

  private static int wholeDays(Map<Instant, BigInteger> byHour, Instant present) {
    int days = 0;
    while (days < DAYS_USED) {
      for (int back = 1; back <= HOURS; back++) {
        if (!byHour.containsKey(hourBack(present, days, back))) {
          return days;
        }
      }
      days++;
    }
    return days;
  }

  private static List<BigInteger> rates(
      Map<Instant, BigInteger> byHour, ZoneId zone, Instant present, int days) {
    BigInteger[] sums = new BigInteger[HOURS];
    long[] weights = new long[HOURS];
    for (int day = 0; day < days; day++) {
      for (int back = 1; back <= HOURS; back++) {
        Instant hour = hourBack(present, day, back);
        int of = hourOfDay(zone, hour);
        BigInteger weighted =
            byHour.getOrDefault(hour, BigInteger.ZERO).multiply(BigInteger.valueOf(days - day));
        sums[of] = sums[of] == null ? weighted : sums[of].add(weighted);
        weights[of] += days - day;
      }
    }
    List<BigInteger> rates = new ArrayList<>();
    for (int of = 0; of < HOURS; of++) {
      // A clock that shifts may skip an hour of the day in one block, never in two.
      BigInteger sum = weights[of] == 0 ? BigInteger.ZERO : sums[of];
      BigInteger weight = BigInteger.valueOf(Math.max(1, weights[of]));
      rates.add(sum.add(weight.shiftRight(1)).divide(weight));
    }
    return List.copyOf(rates);
  }

  private static Instant hourBack(Instant present, int day, int back) {
    return present.minusSeconds((day * (long) HOURS + back) * HourSpend.SECONDS);
  }

  private static int hourOfDay(ZoneId zone, Instant hour) {
    return hour.atZone(zone).getHour();
  }
}
