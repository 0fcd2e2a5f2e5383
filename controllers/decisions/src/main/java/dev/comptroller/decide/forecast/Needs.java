package dev.comptroller.decide.forecast;

import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What each hour of the day would run if money did not matter: what a budget has to be spread
/// over. In GPUs, so that a dear hour is not one that needs more.
///
/// History under a budget shows what was paid for, not what was needed. So the need is remembered
/// beside it: every look moves what is known of its hour of the day a little towards what it sees.
///
/// @param rates thousandths of GPUs by hour of the day in UTC, 0 to 23; hours not seen are absent
public record Needs(SortedMap<Integer, Long> rates) {
  /// Nothing seen yet.
  public static final Needs NONE = new Needs(new TreeMap<>());

  /// Hours of a day.
  public static final int HOURS = 24;

  /// Of how many looks the newest is one: more than a wave of some minutes lasts.
  private static final long LOOKS = 32;

  /// Seconds of an hour not seen yet in which what is asked for may still be of the hour before: it
  /// is counted by minutes.
  private static final long EARLY = 180;

  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  public Needs {
    if (!rates.isEmpty() && (rates.firstKey() < 0 || rates.lastKey() >= HOURS)) {
      throw new IllegalArgumentException(
          "rates has the hours %s: need 0 to 23".formatted(rates.keySet()));
    }
    rates = Collections.unmodifiableSortedMap(new TreeMap<>(rates));
  }

  /// These needs with `need` as seen at `now`; the same where that is what is known.
  public Needs seen(long need, Instant now) {
    int of = hourOfDay(now);
    @Nullable Long before = rates.get(of);
    if (before == null && Math.floorMod(now.getEpochSecond(), HourSpend.SECONDS) < EARLY) {
      return this;
    }
    long known = before == null ? need : before;
    long after = known + (need - known) / LOOKS;
    if (before != null && after == known) {
      return this;
    }
    SortedMap<Integer, Long> next = new TreeMap<>(rates);
    next.put(of, after);
    return new Needs(next);
  }

  /// What is known of the hour of the day that `instant` is in.
  OptionalLong at(Instant instant) {
    @Nullable Long known = rates.get(hourOfDay(instant));
    return known == null ? OptionalLong.empty() : OptionalLong.of(known);
  }

  /// The sum of all hours that are known.
  long sum() {
    return rates.values().stream().mapToLong(Long::longValue).reduce(0, Math::addExact);
  }

  /// How far all hours that are known are off their mean, in sum.
  long differences() {
    long mean = rates.isEmpty() ? 0 : sum() / rates.size();
    return rates.values().stream().mapToLong(known -> Math.abs(known - mean)).sum();
  }

  /// Hours of the day that are known.
  public int known() {
    return rates.size();
  }

  /// Whether every hour of the day is known.
  public boolean isWhole() {
    return rates.size() == HOURS;
  }

  /// The seconds that it would take at the rate `need` to cost what is needed from `now` to `end`,
  /// rounded up.
  ///
  /// This hour goes on as it is; hours not seen need this many percent of the mean of the others.
  public BigInteger equivalent(long need, Instant now, Instant end, int unseenPercent) {
    BigInteger rate = BigInteger.valueOf(need);
    BigInteger unseen = mean(rate).multiply(BigInteger.valueOf(unseenPercent)).divide(HUNDRED);
    List<BigInteger> byHour = byHour(unseen);
    Instant cursor = now;
    BigInteger sum = BigInteger.ZERO;
    BigInteger present = rate;
    while (cursor.isBefore(end)) {
      Instant next = HourSpend.next(cursor);
      Instant until = next.isBefore(end) ? next : end;
      long seconds = Duration.between(cursor, until).toSeconds();
      sum = sum.add(present.multiply(BigInteger.valueOf(seconds)));
      cursor = until;
      present = byHour.get(hourOfDay(cursor));
    }
    return sum.add(rate.subtract(BigInteger.ONE)).divide(rate).max(BigInteger.ONE);
  }

  /// A burn rate that goes on as the need does.
  ///
  /// @param byHour micro-dollars an hour, by hour of the day in UTC
  record Curve(List<BigInteger> byHour) {
    BigInteger rateAt(Instant instant) {
      return byHour.get(hourOfDay(instant));
    }
  }

  /// `burn` where `need` is needed, and in proportion elsewhere; hours not seen as the mean of the
  /// others.
  Curve curve(long need, HourlyRate burn) {
    BigInteger rate = BigInteger.valueOf(need);
    BigInteger factor = BigInteger.valueOf(burn.microsPerHour());
    return new Curve(
        byHour(mean(rate)).stream().map(it -> it.multiply(factor).divide(rate)).toList());
  }

  /// What each hour of the day needs; hours not seen as the mean of the others, and `need` where
  /// none was.
  List<BigInteger> hours(long need) {
    return byHour(mean(BigInteger.valueOf(need)));
  }

  private BigInteger mean(BigInteger otherwise) {
    BigInteger sum = BigInteger.ZERO;
    for (Long known : rates.values()) {
      sum = sum.add(BigInteger.valueOf(known));
    }
    return rates.isEmpty() ? otherwise : sum.divide(BigInteger.valueOf(rates.size()));
  }

  private List<BigInteger> byHour(BigInteger unseen) {
    List<BigInteger> byHour = new ArrayList<>();
    for (int i = 0; i < HOURS; i++) {
      @Nullable Long known = rates.get(i);
      byHour.add(known == null ? unseen : BigInteger.valueOf(known));
    }
    return byHour;
  }

  /// The hour of the day in UTC.
  public static int hourOfDay(Instant instant) {
    return (int)
        Math.floorMod(Math.floorDiv(instant.getEpochSecond(), HourSpend.SECONDS), (long) HOURS);
  }
}
