package dev.comptroller.decide.scale;

import dev.comptroller.decide.scale.ScalePolicy.Surplus;
import java.util.List;

/// How unevenly requests come: the variance of their number in a minute over its mean.
///
/// It is 1 where each comes by itself and more where they come in bunches. The places that they
/// take at once vary as much, so what replicas keep free for chance grows with its root.
///
/// @param index the variance over the mean, 1 to [#MOST]
/// @param known whether it was measured
record Dispersion(double index, boolean known) {
  /// What is taken where too little was seen.
  static final Dispersion UNKNOWN = new Dispersion(2, false);

  static final double MOST = 16;

  private static final double BUNCHES = 2;

  /// Where only the surplus is late: the part of the places, and the power of the index by which
  /// they grow.
  private static final double ALONE = 0.4;

  private static final double BUNCHED = 0.75;

  /// Minutes that must have been seen.
  private static final int LEAST_MINUTES = 20;

  /// Requests in the mean minute, at least: the scatter of small whole numbers tells little.
  private static final double LEAST_REQUESTS = 10;

  /// Of the requests in minutes, the newest last.
  static Dispersion of(List<Double> requests) {
    double mean = requests.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    if (requests.size() < LEAST_MINUTES || mean < LEAST_REQUESTS) {
      return UNKNOWN;
    }
    double root = Scatter.perRoot(requests.stream().mapToDouble(Double::doubleValue).toArray());
    return new Dispersion(Math.clamp(root * root, 1, MOST), true);
  }

  /// How many times as many places must be free for chance as where requests come by themselves and
  /// one that finds none makes all behind it late.
  ///
  /// Where only the surplus is late fewer do. What waits for a moment evens out chance, but
  /// bunches not.
  double chance(Surplus surplus) {
    return switch (surplus) {
      case DELAYS_ALL -> Math.sqrt(index);
      case IS_REFUSED -> ALONE * Math.pow(index, BUNCHED);
    };
  }

  /// Whether requests are known to come in bunches.
  boolean isBunched() {
    return known && index > BUNCHES;
  }
}
