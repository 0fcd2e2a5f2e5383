package dev.comptroller.e2e.simulator.world;

import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// Virtual time in whole seconds, and what is due when.
///
/// Of things that are due at the same second the one that was entered first happens first, so that
/// a run depends on nothing but its arguments.
public final class Agenda {
  private static final Comparator<Entry> ORDER =
      Comparator.comparingLong(Entry::at).thenComparingLong(Entry::number);

  private final PriorityQueue<Entry> entries = new PriorityQueue<>(ORDER);
  private long now;
  private long number;

  /// An agenda whose time begins at this second since 1970.
  public Agenda(long start) {
    now = start;
  }

  private record Entry(long at, long number, Runnable act) {}

  /// The present second since 1970.
  public long now() {
    return now;
  }

  /// The present.
  public Instant instant() {
    return Instant.ofEpochSecond(now);
  }

  /// Enters something for a second; for the present one if that has passed.
  public void at(long second, Runnable act) {
    entries.add(new Entry(Math.max(now, second), number++, act));
  }

  /// Enters something this many seconds ahead.
  public void after(long seconds, Runnable act) {
    at(now + seconds, act);
  }

  /// The second at which the next thing is due, or `otherwise` if that is sooner.
  public long next(long otherwise) {
    Entry first = entries.peek();
    return first == null ? otherwise : Math.min(first.at(), otherwise);
  }

  /// Sets time forward.
  public void advance(long second) {
    if (second < now) {
      throw new IllegalStateException("time runs backwards from %d to %d".formatted(now, second));
    }
    now = second;
  }

  /// Does the next thing that is due by now; false if there is none.
  public boolean doNext() {
    @Nullable Entry first = entries.peek();
    if (first == null || first.at() > now) {
      return false;
    }
    entries.remove();
    first.act().run();
    return true;
  }
}
