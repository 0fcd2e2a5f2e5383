package dev.comptroller.batching;

/// How fast the places of a batcher change hands while all are taken, and so how long one waits
/// who comes last.
///
/// A queue is worth having only while those at its end still begin in time. Where more is asked for
/// than is served, a queue that is bounded by a number alone makes everybody late, by as long as it
/// is; one that is bounded by time refuses those that are too many and serves the others in time.
///
/// Learned from ends, which free places: the mean time until one, of the last [#MEMORY] or so, from
/// the end before or from when the last place was taken. So it learns also while it lets nobody
/// wait.
public final class Turnover {
  private static final int MEMORY = 16;

  /// Times between ends that must have been seen before a wait is foretold.
  private static final int LEAST = 8;

  private final int places;
  private double meanNanos;
  private int seen;
  private long sinceNanos;
  private boolean full;

  /// Nothing was seen yet of a batcher of so many places.
  public Turnover(int places) {
    this.places = places;
  }

  /// One was taken in.
  ///
  /// @param there how many there are now, those that wait for a place among them
  public void taken(int there, long nowNanos) {
    if (!full && there >= places) {
      sinceNanos = nowNanos;
      full = true;
    }
  }

  /// One has ended.
  ///
  /// @param there how many are left, those that wait for a place among them
  public void ended(int there, long nowNanos) {
    if (full) {
      seen = Math.min(seen + 1, MEMORY);
      meanNanos += (Math.max(0, nowNanos - sinceNanos) - meanNanos) / seen;
    }
    sinceNanos = nowNanos;
    full = there >= places;
  }

  /// How long one is expected to wait for a place that comes to `there` others; 0 where one is
  /// free, or too little was seen.
  public long waitNanos(int there) {
    int before = there - places + 1;
    return before <= 0 || seen < LEAST ? 0 : (long) Math.min(meanNanos * before, Long.MAX_VALUE);
  }
}
