package dev.comptroller.decide.scale;

import java.util.Arrays;

/// A rise of the last minute or two that is larger than chance makes it: the beginning of a jump,
/// before a line over more minutes sees it.
///
/// Chance is taken to grow with the root of the rate. How large it is follows from how far minutes
/// are from the middle between their neighbours, in the median, so that jumps of the past do not
/// count.
final class Surge {
  /// Standard deviations that are not taken for chance.
  private static final double BEYOND = 2.5;

  private static final int LEAST_MINUTES = 10;

  /// The standard deviation of a normal distribution by its median distance from the mean.
  private static final double BY_MEDIAN = 1.4826;

  private Surge() {}

  /// The rise by minute; 0 if it may be chance.
  ///
  /// @param level what is asked for in the last minute
  /// @param before the same a minute ago
  /// @param earlier the same two minutes ago
  /// @param minutes what chance is known by
  static double rise(double level, double before, double earlier, double[] minutes) {
    if (minutes.length < LEAST_MINUTES) {
      return 0;
    }
    double chance = BEYOND * Math.sqrt(2 * level) * perRoot(minutes);
    double one = level - before;
    double two = level - earlier;
    double rise = Math.max(one > chance ? one : 0, two > chance ? two / 2 : 0);
    return chance > 0 ? rise : 0;
  }

  /// The deviation of a minute by chance, as a part of the root of its rate.
  private static double perRoot(double[] minutes) {
    double[] off = new double[minutes.length - 2];
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
