package dev.comptroller.decide.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// A part of what is left of the period in which prices are planned as if they stayed.
///
/// Prices that change again and again, each time so soon that no rung is worth changing for them,
/// count by their mean. A few changes are looked at one by one, however quick they are: a dear
/// quarter of an hour says nothing of the rest of the day. A row of them that is the last thing
/// declared is taken to go on. Within a row those are told apart that it pays to change the rung
/// for.
///
/// @param begin its first second
/// @param end its end
/// @param from when the prices begin whose mean counts
/// @param until when they end
/// @param turns whether they change meanwhile
record PriceStretch(Instant begin, Instant end, Instant from, Instant until, boolean turns) {
  /// Quick changes that make a row: four turns.
  private static final int ROW = 8;

  /// What is left of a period, by stretches.
  ///
  /// @param prices when each of several prices changes after `now` and before `end`, in order
  /// @param least how long a price has to stay to count by itself in any case
  /// @param most stretches at most: what comes after them counts as their last
  /// @param kept changes that are told apart in any case
  static List<PriceStretch> of(
      Instant now,
      Instant end,
      List<List<Instant>> prices,
      Duration least,
      int most,
      Set<Instant> kept) {
    SortedSet<Instant> borders = new TreeSet<>();
    SortedSet<Instant> all = new TreeSet<>();
    for (List<Instant> changes : prices) {
      borders.addAll(borders(now, changes, least, kept));
      all.addAll(changes);
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

  /// What is left of a period, with each of the first changes told apart.
  static List<PriceStretch> each(Instant now, Instant end, List<List<Instant>> prices, int most) {
    return of(now, end, prices, Duration.ZERO, most, Set.of());
  }

  Duration length() {
    return Duration.between(begin, end);
  }

  /// Changes of a price that are told apart: all but those within a row, and but its first or last
  /// one where no price that stays comes before or after it.
  private static List<Instant> borders(
      Instant now, List<Instant> changes, Duration least, Set<Instant> kept) {
    List<Instant> borders = new ArrayList<>();
    int next;
    for (int first = 0; first < changes.size(); first = next) {
      next = afterRow(changes, first, least);
      List<Instant> row = changes.subList(first, next);
      if (row.size() < ROW) {
        borders.addAll(row);
        continue;
      }
      row.stream().filter(kept::contains).forEach(borders::add);
      if (first > 0 || !row.getFirst().isBefore(now.plus(least))) {
        borders.add(row.getFirst());
      }
      if (next < changes.size()) {
        borders.add(row.getLast());
      }
    }
    return borders;
  }

  private static SortedSet<Instant> after(Instant begin, SortedSet<Instant> changes) {
    return changes.tailSet(begin.plusNanos(1));
  }

  /// The index after a row of changes of which each but the first comes soon after the one before.
  private static int afterRow(List<Instant> changes, int first, Duration least) {
    int next = first + 1;
    while (next < changes.size() && changes.get(next).isBefore(changes.get(next - 1).plus(least))) {
      next++;
    }
    return next;
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
