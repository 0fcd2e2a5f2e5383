package dev.comptroller.decide.cost;

import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Costs of intervals, computed from their timestamps and the prices in force.
public final class Metering {
  private Metering() {}

  /// What `intervals` cost from `from` to `to`, with running ones seen at `now`.
  ///
  /// Exact for any instants (fractions of a second are cut off): this needs the intervals
  /// themselves, unlike [SpendRecord#spentBetween].
  public static Spend cost(
      Collection<ReplicaInterval> intervals,
      PriceBooks books,
      Instant from,
      Instant to,
      Instant now) {
    Bill bill = new Bill();
    for (ReplicaInterval interval : intervals) {
      for (Slice slice : slices(interval, books, from, to, now)) {
        bill.add(slice.key(), slice.gpuSeconds());
      }
    }
    return bill.total();
  }

  /// Dollars an hour of the replicas that hold GPUs at `now`.
  public static HourlyRate burnRate(
      Collection<ReplicaInterval> intervals, PriceBooks books, Instant now) {
    return new HourlyRate(hour(intervals, books, now).total().money().micros());
  }

  /// One hour of the replicas that hold GPUs at `now`, before anything is rounded.
  static Bill hour(Collection<ReplicaInterval> intervals, PriceBooks books, Instant now) {
    Bill hour = new Bill();
    for (ReplicaInterval interval : intervals) {
      if (!interval.start().isAfter(now) && !interval.isClosed()) {
        Quote quote = books.quote(interval.pool(), interval.type(), now);
        hour.add(SpendKey.of(interval.pool(), interval.type(), quote), interval.gpus() * 3600L);
      }
    }
    return hour;
  }

  /// A stretch of an interval with one price.
  record Slice(SpendKey key, Instant start, Instant end, int gpus) {
    long gpuSeconds() {
      return Math.multiplyExact(ChronoUnit.SECONDS.between(start, end), (long) gpus);
    }
  }

  /// The part of `interval` between `from` and `to`, split where prices change.
  ///
  /// A price that changes within a second holds from the next whole second.
  static List<Slice> slices(
      ReplicaInterval interval, PriceBooks books, Instant from, Instant to, Instant now) {
    Instant start = later(interval.start(), from.truncatedTo(ChronoUnit.SECONDS));
    Instant end = earlier(interval.endAt(now), to.truncatedTo(ChronoUnit.SECONDS));
    List<Slice> slices = new ArrayList<>();
    if (!start.isBefore(end)) {
      return slices;
    }
    Instant cursor = start;
    for (Instant change : books.changes(interval.pool(), start, end)) {
      Instant boundary = ceilSecond(change);
      if (boundary.isAfter(cursor) && boundary.isBefore(end)) {
        slices.add(slice(interval, books, cursor, boundary));
        cursor = boundary;
      }
    }
    slices.add(slice(interval, books, cursor, end));
    return slices;
  }

  private static Slice slice(
      ReplicaInterval interval, PriceBooks books, Instant start, Instant end) {
    Quote quote = books.quote(interval.pool(), interval.type(), start);
    return new Slice(
        SpendKey.of(interval.pool(), interval.type(), quote), start, end, interval.gpus());
  }

  private static Instant ceilSecond(Instant instant) {
    Instant floor = instant.truncatedTo(ChronoUnit.SECONDS);
    return floor.equals(instant) ? floor : floor.plusSeconds(1);
  }

  private static Instant later(Instant left, Instant right) {
    return left.isAfter(right) ? left : right;
  }

  private static Instant earlier(Instant left, Instant right) {
    return left.isBefore(right) ? left : right;
  }
}
