package dev.comptroller.e2e.simulator.world;

import java.util.Arrays;

/// Lengths of answers, and what a cap leaves of them.
public final class Lengths {
  private static final int POINTS = 64;

  private final long[] sorted;
  private final double[] sums;

  private Lengths(long[] sorted) {
    this.sorted = sorted;
    sums = new double[sorted.length + 1];
    for (int i = 0; i < sorted.length; i++) {
      sums[i + 1] = sums[i] + sorted[i];
    }
  }

  /// These lengths, each as likely.
  public static Lengths of(long... lengths) {
    if (lengths.length == 0) {
      throw new IllegalArgumentException("no lengths: give at least one");
    }
    long[] sorted = lengths.clone();
    Arrays.sort(sorted);
    return new Lengths(sorted);
  }

  /// Lengths of a memoryless process with this mean, as 64 quantiles.
  public static Lengths exponential(double mean) {
    double[] raw = new double[POINTS];
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      raw[i] = -Math.log(1 - (i + 0.5) / POINTS);
      sum += raw[i];
    }
    long[] lengths = new long[POINTS];
    for (int i = 0; i < POINTS; i++) {
      lengths[i] = Math.max(1, Math.round(raw[i] * mean * POINTS / sum));
    }
    return of(lengths);
  }

  /// Mean tokens of an answer that ends after `cap` at the latest.
  public double mean(long cap) {
    int below = Arrays.binarySearch(sorted, cap);
    int index = below < 0 ? -below - 1 : below;
    while (index < sorted.length && sorted[index] == cap) {
      index++;
    }
    return (sums[index] + (double) cap * (sorted.length - index)) / sorted.length;
  }

  /// Mean tokens without a cap.
  public double mean() {
    return sums[sorted.length] / sorted.length;
  }
}
