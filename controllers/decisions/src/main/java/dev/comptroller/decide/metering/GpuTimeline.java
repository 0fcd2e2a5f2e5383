package dev.comptroller.decide.metering;

import dev.comptroller.decide.units.Money;
import dev.comptroller.metering.Apportion;
import dev.comptroller.metering.GpuState;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One GPU's time from `start` to `end`, in which its intervals must tile: no gap, no overlap.
///
/// @param start first nanosecond
/// @param end first nanosecond after it
/// @param intervals ordered by start
public record GpuTimeline(long start, long end, List<GpuInterval> intervals) {
  public GpuTimeline {
    if (start >= end) {
      throw new IllegalArgumentException("time from %d to %d ns is empty".formatted(start, end));
    }
    List<GpuInterval> sorted = new ArrayList<>(intervals);
    sorted.sort(
        Comparator.comparingLong(GpuInterval::start)
            .thenComparingLong(GpuInterval::end)
            .thenComparing(GpuInterval::state));
    intervals = List.copyOf(sorted);
  }

  /// What is wrong with a timeline.
  public sealed interface Flaw {
    /// It in a sentence.
    String message();
  }

  /// Time in no state.
  public record Gap(long start, long end) implements Flaw {
    @Override
    public String message() {
      return "%d ns from %d on are in no state".formatted(end - start, start);
    }
  }

  /// An interval that begins before the one before it has ended.
  public record Overlap(GpuInterval earlier, GpuInterval later) implements Flaw {
    @Override
    public String message() {
      return "%s from %d on begins before %s ends at %d"
          .formatted(later.state(), later.start(), earlier.state(), earlier.end());
    }
  }

  /// An interval that is not within the timeline.
  public record Outside(GpuInterval interval) implements Flaw {
    @Override
    public String message() {
      return "%s from %d to %d lies outside"
          .formatted(interval.state(), interval.start(), interval.end());
    }
  }

  /// Everything wrong with it, in order of time; empty if the intervals tile it.
  public List<Flaw> flaws() {
    List<Flaw> flaws = new ArrayList<>();
    long covered = start;
    @Nullable GpuInterval longest = null;
    for (GpuInterval interval : intervals) {
      if (interval.start() < start || interval.end() > end) {
        flaws.add(new Outside(interval));
      }
      if (longest != null && interval.start() < covered) {
        flaws.add(new Overlap(longest, interval));
      }
      if (interval.start() > covered && covered < end) {
        flaws.add(new Gap(covered, Math.min(end, interval.start())));
      }
      if (interval.end() > covered || longest == null) {
        covered = Math.max(covered, interval.end());
        longest = interval;
      }
    }
    if (covered < end) {
      flaws.add(new Gap(covered, end));
    }
    return List.copyOf(flaws);
  }

  /// The same timeline with every gap as [GpuState#Unobserved]: what a crash leaves.
  public GpuTimeline observed() {
    List<GpuInterval> filled = new ArrayList<>(intervals);
    for (Flaw flaw : flaws()) {
      switch (flaw) {
        case Gap(long from, long to) -> filled.add(new GpuInterval(GpuState.Unobserved, from, to));
        case Overlap(_, _), Outside(_) -> {}
      }
    }
    return new GpuTimeline(start, end, filled);
  }

  /// Nanoseconds by state; absent if the intervals do not tile the time.
  public Optional<SortedMap<GpuState, Long>> nanos() {
    if (!flaws().isEmpty()) {
      return Optional.empty();
    }
    Map<GpuState, Long> sums = new EnumMap<>(GpuState.class);
    intervals.forEach(interval -> sums.merge(interval.state(), interval.nanos(), Math::addExact));
    return Optional.of(Collections.unmodifiableSortedMap(new TreeMap<>(sums)));
  }

  /// What each state cost of this GPU's `bill`, by largest remainder, summing to it; absent if the
  /// intervals do not tile the time.
  public Optional<SortedMap<GpuState, Money>> split(Money bill) {
    return nanos().map(nanos -> split(bill, nanos));
  }

  private static SortedMap<GpuState, Money> split(Money bill, SortedMap<GpuState, Long> nanos) {
    List<GpuState> states = List.copyOf(nanos.keySet());
    List<Long> parts =
        Apportion.byLargestRemainder(
            bill.micros(), nanos.values().stream().map(BigInteger::valueOf).toList());
    SortedMap<GpuState, Money> split = new TreeMap<>();
    for (int i = 0; i < parts.size(); i++) {
      split.put(states.get(i), new Money(parts.get(i)));
    }
    return split;
  }
}
