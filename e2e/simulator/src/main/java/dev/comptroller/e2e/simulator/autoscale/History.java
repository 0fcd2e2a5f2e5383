package dev.comptroller.e2e.simulator.autoscale;

import java.util.Arrays;

/// How many requests came in each interval so far, those that may wait for hours not counted.
public final class History {
  private final int seconds;
  private int[] counts = new int[1024];
  private int size;

  History(int seconds) {
    this.seconds = seconds;
  }

  void add(int count) {
    if (size == counts.length) {
      counts = Arrays.copyOf(counts, 2 * size);
    }
    counts[size++] = count;
  }

  /// Seconds of an interval.
  public int seconds() {
    return seconds;
  }

  /// Number of intervals that have ended.
  public int size() {
    return size;
  }

  /// Requests in an interval that has ended.
  public int requests(int interval) {
    return counts[interval];
  }

  /// Requests a second over the intervals from `from`, to `to` without it; the part of them that
  /// exists.
  public double rate(int from, int to) {
    int low = Math.clamp(from, 0, size);
    int high = Math.clamp(to, low, size);
    long sum = 0;
    for (int i = low; i < high; i++) {
      sum += counts[i];
    }
    return high == low ? 0 : (double) sum / (high - low) / seconds;
  }

  /// Requests a second in the last `span` seconds.
  public double last(int span) {
    return rate(size - span / seconds, size);
  }
}
