package dev.comptroller.decide.cost;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// The durable truth of a namespace's infrastructure spend: GPU-seconds of closed intervals.
///
/// GPU-seconds are kept by [SpendKey] and quarter hour (UTC), and written as runs of equal
/// quarters, so that a replica that ran for a month is a few numbers. A value: operations return a
/// new record, and equal contents are equal records however they came about. Dollars are computed
/// from it when asked for, so they do not depend on how intervals were split or when they were
/// recorded.
///
/// Order of use: [#record], save with an optimistic lock, remove the pod's finalizer, [#forget].
///
/// @param lines ordered by key; at most one per key
/// @param uids pods that are recorded and may still carry the finalizer
public record SpendRecord(List<Line> lines, SortedSet<String> uids) {
  /// Length of a bucket.
  public static final Duration QUARTER = Duration.ofMinutes(15);

  /// How long closed intervals are kept: two of the longest periods.
  public static final Duration KEPT = Duration.ofDays(62);

  /// Nothing spent.
  public static final SpendRecord EMPTY = new SpendRecord(List.of(), Collections.emptySortedSet());

  private static final long QUARTER_SECONDS = QUARTER.toSeconds();

  public SpendRecord {
    lines = compress(expand(lines));
    uids = Collections.unmodifiableSortedSet(new TreeSet<>(uids));
  }

  /// The GPU-seconds of one key.
  ///
  /// @param key what they cost
  /// @param runs ordered, without overlap
  public record Line(SpendKey key, List<Run> runs) {
    public Line {
      runs = List.copyOf(runs);
    }
  }

  /// `count` quarter hours in a row with the same GPU-seconds each.
  ///
  /// @param quarter number of the first quarter hour: seconds since 1970 / 900
  /// @param count how many, 1 or more
  /// @param gpuSeconds GPU-seconds in each of them
  public record Run(long quarter, int count, long gpuSeconds) {
    public Run {
      if (count < 1 || gpuSeconds < 0) {
        throw new IllegalArgumentException(
            "a run of %d quarter hours with %d GPU-seconds: need 1 or more, and 0 or more"
                .formatted(count, gpuSeconds));
      }
    }

    long gpuSecondsBetween(long from, long to) {
      long overlap = Math.min(to, quarter + count) - Math.max(from, quarter);
      return overlap <= 0 ? 0 : Math.multiplyExact(overlap, gpuSeconds);
    }
  }

  /// This record with a closed interval added; the same record if its uid is recorded already.
  ///
  /// @throws IllegalArgumentException if the interval has not ended
  public SpendRecord record(ReplicaInterval interval, PriceBooks books) {
    if (uids.contains(interval.uid())) {
      return this;
    }
    if (!interval.isClosed()) {
      throw new IllegalArgumentException(
          "replica %s has not ended: only closed intervals are recorded".formatted(interval.uid()));
    }
    SortedMap<SpendKey, SortedMap<Long, Long>> buckets = expand(lines);
    Instant end = interval.endAt(interval.start());
    for (Metering.Slice slice : Metering.slices(interval, books, interval.start(), end, end)) {
      addTo(buckets.computeIfAbsent(slice.key(), _ -> new TreeMap<>()), slice);
    }
    SortedSet<String> recorded = new TreeSet<>(uids);
    recorded.add(interval.uid());
    return new SpendRecord(compress(buckets), recorded);
  }

  /// This record without the uid of a pod that is seen to be gone; its GPU-seconds stay.
  ///
  /// Not earlier: a stale view that still shows the pod would record it a second time.
  public SpendRecord forget(String uid) {
    if (!uids.contains(uid)) {
      return this;
    }
    SortedSet<String> rest = new TreeSet<>(uids);
    rest.remove(uid);
    return new SpendRecord(lines, rest);
  }

  /// Whether a pod's interval is in here and its uid is not forgotten yet.
  public boolean isRecorded(String uid) {
    return uids.contains(uid);
  }

  /// This record without quarter hours that ended [#KEPT] or longer before `now`.
  public SpendRecord pruned(Instant now) {
    long first = Math.floorDiv(now.minus(KEPT).getEpochSecond(), QUARTER_SECONDS);
    List<Line> kept = new ArrayList<>();
    for (Line line : lines) {
      List<Run> runs = new ArrayList<>();
      for (Run run : line.runs()) {
        long drop = Math.max(0, first - run.quarter());
        if (drop < run.count()) {
          runs.add(new Run(run.quarter() + drop, (int) (run.count() - drop), run.gpuSeconds()));
        }
      }
      kept.add(new Line(line.key(), runs));
    }
    return new SpendRecord(kept, uids);
  }

  /// Dollars spent in `[start, end)` as seen at `now`: closed intervals of this record, and `live`
  /// ones (running, or ended but not recorded yet) from their timestamps.
  ///
  /// `start` and `end` are on UTC quarter hours. Boundaries of budget periods are: the offsets of
  /// all time zones in force are multiples of 15 minutes.
  ///
  /// @throws IllegalArgumentException if they are not, because buckets cannot be cut
  public Spend spentBetween(
      Instant start, Instant end, Collection<ReplicaInterval> live, PriceBooks books, Instant now) {
    return bill(start, end, live, books, now, _ -> true).total();
  }

  /// The same of pools that `pool` holds for, before anything is rounded.
  Bill bill(
      Instant start,
      Instant end,
      Collection<ReplicaInterval> live,
      PriceBooks books,
      Instant now,
      Predicate<String> pool) {
    long from = quarterOf(start);
    long to = quarterOf(end);
    Bill bill = new Bill();
    for (Line line : lines) {
      if (pool.test(line.key().pool())) {
        for (Run run : line.runs()) {
          bill.add(line.key(), run.gpuSecondsBetween(from, to));
        }
      }
    }
    for (ReplicaInterval interval : live) {
      if (!uids.contains(interval.uid()) && pool.test(interval.pool())) {
        for (Metering.Slice slice : Metering.slices(interval, books, start, end, now)) {
          bill.add(slice.key(), slice.gpuSeconds());
        }
      }
    }
    return bill;
  }

  private static long quarterOf(Instant boundary) {
    if (boundary.getNano() != 0 || Math.floorMod(boundary.getEpochSecond(), QUARTER_SECONDS) != 0) {
      throw new IllegalArgumentException(
          "%s is not on a UTC quarter hour, and spend is kept by quarter hours"
              .formatted(boundary));
    }
    return boundary.getEpochSecond() / QUARTER_SECONDS;
  }

  private static void addTo(SortedMap<Long, Long> quarters, Metering.Slice slice) {
    long cursor = slice.start().getEpochSecond();
    long end = slice.end().getEpochSecond();
    while (cursor < end) {
      long quarter = Math.floorDiv(cursor, QUARTER_SECONDS);
      long next = Math.min(end, (quarter + 1) * QUARTER_SECONDS);
      long gpuSeconds = Math.multiplyExact(next - cursor, (long) slice.gpus());
      quarters.merge(quarter, gpuSeconds, Math::addExact);
      cursor = next;
    }
  }

  private static SortedMap<SpendKey, SortedMap<Long, Long>> expand(List<Line> lines) {
    SortedMap<SpendKey, SortedMap<Long, Long>> buckets = new TreeMap<>();
    for (Line line : lines) {
      SortedMap<Long, Long> quarters = buckets.computeIfAbsent(line.key(), _ -> new TreeMap<>());
      for (Run run : line.runs()) {
        for (int i = 0; i < run.count(); i++) {
          quarters.merge(run.quarter() + i, run.gpuSeconds(), Math::addExact);
        }
      }
    }
    return buckets;
  }

  private static List<Line> compress(SortedMap<SpendKey, SortedMap<Long, Long>> buckets) {
    List<Line> lines = new ArrayList<>();
    buckets.forEach(
        (key, quarters) -> {
          List<Run> runs = runs(quarters);
          if (!runs.isEmpty()) {
            lines.add(new Line(key, runs));
          }
        });
    return List.copyOf(lines);
  }

  private static List<Run> runs(SortedMap<Long, Long> quarters) {
    List<Run> runs = new ArrayList<>();
    for (Map.Entry<Long, Long> entry : quarters.entrySet()) {
      long gpuSeconds = entry.getValue();
      if (gpuSeconds == 0) {
        continue;
      }
      Run last = runs.isEmpty() ? null : runs.getLast();
      if (last != null
          && last.gpuSeconds() == gpuSeconds
          && last.quarter() + last.count() == entry.getKey()) {
        runs.set(runs.size() - 1, new Run(last.quarter(), last.count() + 1, gpuSeconds));
      } else {
        runs.add(new Run(entry.getKey(), 1, gpuSeconds));
      }
    }
    return runs;
  }
}
