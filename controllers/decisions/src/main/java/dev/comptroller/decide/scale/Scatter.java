package dev.comptroller.decide.scale;

import java.util.Arrays;

/// How far figures by minute are from each other by chance.
///
/// Chance is taken to grow with the root of the figure. How large it is follows from how far
/// minutes are from the middle between their neighbours, in the median, so that slopes and jumps of
/// the past do not count.
final class Scatter {
  /// The standard deviation of a normal distribution by its median distance from the mean.
  static final double BY_MEDIAN = 1.4826;

  private Scatter() {}

  /// The standard deviation of a minute by chance, as a part of the root of its figure; 0 if there
  /// is nothing to tell it from.
  static double perRoot(double[] minutes) {
    double[] off = new double[Math.max(0, minutes.length - 2)];
    int known = 0;
    for (int i = 1; i < minutes.length - 1; i++) {
      double rate = minutes[i];
      if (rate > 0) {
        double bend = minutes[i - 1] - 2 * rate + minutes[i + 1];
        // Its variance is six times that of a minute.
        off[known++] = Math.abs(bend) / Math.sqrt(6 * rate);
      }
    }
    Arrays.sort(off, 0, known);
    return known == 0 ? 0 : BY_MEDIAN * off[known / 2];
  }
}
