package dev.comptroller.gateway.queue.order;

import java.util.SortedMap;
import java.util.TreeMap;

/// Deadlines as coarse as their distance allows, so that few of them tell of many.
///
/// A deadline is moved to the front by less than a sixteenth of the time left, and by less than a
/// minute where that is more: so what is told is due no later than it is, and a day of deadlines is
/// at most 150.
public final class Coarse {
  private static final long MINUTE = 60_000;
  private static final int PARTS = 16;

  private Coarse() {}

  /// Tokens by deadline, added up by coarse deadlines; those that have passed are left out.
  ///
  /// @param exact tokens by milliseconds since 1970
  public static SortedMap<Long, Long> of(SortedMap<Long, Long> exact, long nowMillis) {
    SortedMap<Long, Long> coarse = new TreeMap<>();
    exact
        .tailMap(nowMillis + 1)
        .forEach((by, tokens) -> coarse.merge(coarse(by, nowMillis), tokens, Math::addExact));
    return coarse;
  }

  private static long coarse(long by, long nowMillis) {
    long grain = Math.max(MINUTE, Long.highestOneBit((by - nowMillis) / PARTS / MINUTE) * MINUTE);
    return Math.max(nowMillis + 1, by - Math.floorMod(by, grain));
  }
}
