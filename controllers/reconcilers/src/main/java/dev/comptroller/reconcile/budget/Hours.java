package dev.comptroller.reconcile.budget;

import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.decide.forecast.HourSpend;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// What every closed hour cost, from the spend record and the replicas that still run. Pure.
final class Hours {
  /// As much history as a forecast by hour of day can use.
  static final Duration LONGEST = Duration.ofDays(28);

  private static final Duration HOUR = Duration.ofHours(1);

  private Hours() {}

  /// Closed hours, oldest first: from the first that anything is known of, at most the last 28
  /// days.
  static List<HourSpend> of(
      SpendRecord record, Collection<ReplicaInterval> live, PriceBooks books, Instant now) {
    Optional<Instant> first = first(record, live);
    if (first.isEmpty()) {
      return List.of();
    }
    Instant present = now.truncatedTo(ChronoUnit.HOURS);
    Instant oldest = present.minus(LONGEST);
    Instant hour = first.get().truncatedTo(ChronoUnit.HOURS);
    // The first hour is known from its middle on, so that it would look cheaper than it is.
    hour = hour.isBefore(oldest) ? oldest : hour.plus(HOUR);
    List<HourSpend> hours = new ArrayList<>();
    for (; hour.isBefore(present); hour = hour.plus(HOUR)) {
      hours.add(
          new HourSpend(
              hour, record.spentBetween(hour, hour.plus(HOUR), live, books, now).money()));
    }
    return hours;
  }

  private static Optional<Instant> first(SpendRecord record, Collection<ReplicaInterval> live) {
    LongStream recorded =
        record.lines().stream()
            .flatMap(line -> line.runs().stream())
            .mapToLong(run -> run.quarter() * SpendRecord.QUARTER.toSeconds());
    return Stream.concat(
            recorded.mapToObj(Instant::ofEpochSecond), live.stream().map(ReplicaInterval::start))
        .min(Instant::compareTo);
  }
}
