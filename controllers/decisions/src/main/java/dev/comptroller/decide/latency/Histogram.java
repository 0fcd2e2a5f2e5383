package dev.comptroller.decide.latency;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Latencies since a process started, counted as Prometheus does.
///
/// @param upTo by upper bound in seconds, how many were at most that long
/// @param count of all
public record Histogram(SortedMap<Double, Double> upTo, double count) {
  /// None.
  public static final Histogram NONE = new Histogram(new TreeMap<>(), 0);

  public Histogram {
    upTo = Collections.unmodifiableSortedMap(new TreeMap<>(upTo));
    double before = 0;
    for (double counted : upTo.values()) {
      if (!(counted >= before)) {
        throw new IllegalArgumentException("counts shrink with their bounds: " + upTo);
      }
      before = counted;
    }
    if (!(count >= before)) {
      throw new IllegalArgumentException("%s in all, fewer than in buckets".formatted(count));
    }
  }

  /// How many were at most `seconds` long: those within a bucket count as spread evenly over it.
  public double within(double seconds) {
    double below = 0;
    double counted = 0;
    for (Map.Entry<Double, Double> bucket : upTo.entrySet()) {
      double above = bucket.getKey();
      if (seconds < above) {
        double part = Math.max(0, seconds - below) / (above - below);
        return counted + (bucket.getValue() - counted) * part;
      }
      below = above;
      counted = bucket.getValue();
    }
    return seconds == Double.POSITIVE_INFINITY ? count : counted;
  }
}
