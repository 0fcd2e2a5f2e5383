package dev.comptroller.decide.scale;

/// A rise of the last minute or two that is larger than chance makes it: the beginning of a jump,
/// before a line over more minutes sees it.
///
/// What chance makes is known by [Scatter].
final class Surge {
  /// Standard deviations that are not taken for chance.
  private static final double BEYOND = 2.5;

  private static final int LEAST_MINUTES = 10;

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
    double chance = BEYOND * Math.sqrt(2 * level) * Scatter.perRoot(minutes);
    double one = level - before;
    double two = level - earlier;
    double rise = Math.max(one > chance ? one : 0, two > chance ? two / 2 : 0);
    return chance > 0 ? rise : 0;
  }
}
