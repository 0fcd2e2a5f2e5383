package dev.comptroller.decide.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// A part of what is left of the period in which prices are planned as if they stayed.
///
/// Prices that change so soon again that no rung is worth changing for them count by their mean: so
/// many stretches as follow each other like that are one. How that goes on after the last change
/// that is declared nobody knows; the same mean is the best guess.
///
/// @param begin its first second
/// @param end its end
/// @param from when the prices begin whose mean counts
/// @param until when they end
/// @param turns whether they change meanwhile
record PriceStretch(Instant begin, Instant end, Instant from, Instant until, boolean turns) {
  /// What is left of a period, by stretches.
  ///
  /// @param prices when each of several prices changes after `now` and before `end`, in order
  /// @param least how long a price has to stay to count by itself
  /// @param most stretches at most: what comes after them counts as their last
  static List<PriceStretch> of(
      Instant now, Instant end, List<List<Instant>> prices, Duration least, int most) {
    SortedSet<Instant> borders = new TreeSet<>();
    SortedSet<Instant> all = new TreeSet<>();
    for (List<Instant> changes : prices) {
      all.addAll(changes);
      for (int i = 0; i < changes.size(); i++) {
        if (stays(now, end, changes, i - 1, least) || stays(now, end, changes, i, least)) {
          borders.add(changes.get(i));
        }
      }
    }
    List<PriceStretch> stretches = new ArrayList<>();
    Instant begin = now;
    for (Instant border : borders.stream().limit(most - 1L).toList()) {
      boolean turns = !after(begin, all).headSet(border).isEmpty();
      stretches.add(new PriceStretch(begin, border, begin, border, turns));
      begin = border;
    }
    stretches.add(last(begin, end, List.copyOf(after(begin, all))));
    return stretches;
  }

  private static SortedSet<Instant> after(Instant begin, SortedSet<Instant> changes) {
    return changes.tailSet(begin.plusNanos(1));
  }

  /// Whether prices stay long enough from one change until the next. What came before the first one
  /// is not known; after the last one they stay for all that is known, but not where it ends a row
  /// of changes.
  private static boolean stays(
      Instant now, Instant end, List<Instant> changes, int index, Duration least) {
    boolean ends = index + 1 == changes.size();
    if (ends && index > 0) {
      return false;
    }
    Instant from = index < 0 ? now : changes.get(index);
    Instant until = ends ? end : changes.get(index + 1);
    return !until.isBefore(from.plus(least));
  }

  /// The last one: what goes to and fro counts by whole turns.
  private static PriceStretch last(Instant begin, Instant end, List<Instant> changes) {
    int count = changes.size();
    if (count == 0) {
      return new PriceStretch(begin, end, begin, end, false);
    }
    Instant from = count < 3 ? begin : changes.get((count + 1) % 2);
    return new PriceStretch(begin, end, from, changes.getLast(), true);
  }
}
