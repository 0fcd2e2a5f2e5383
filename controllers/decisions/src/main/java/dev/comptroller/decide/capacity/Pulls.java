package dev.comptroller.decide.capacity;

/// What each place adds to a curve, so that it goes through what was seen as far as that is no
/// noise: the solution of `(common + noise) * pulls = off`.
///
/// The noise of a place that the others do not bear out is taken to be larger, as if with the tails
/// of Student's distribution.
final class Pulls {
  private static final int ROUNDS = 3;
  private static final double DEGREES = 4;
  private static final double LEAST_WEIGHT = 1e-3;

  private final double[] values;
  private final double likelihood;

  private Pulls(double[] values, double likelihood) {
    this.values = values;
    this.likelihood = likelihood;
  }

  /// The pulls of places.
  ///
  /// @param common what each two have in common, a variance
  /// @param off what was seen
  /// @param noise of what was seen, a variance
  static Pulls of(double[][] common, double[] off, double[] noise) {
    int size = off.length;
    double[] larger = noise.clone();
    double[] pulls = new double[size];
    double likelihood = 0;
    for (int round = 0; round <= ROUNDS; round++) {
      double[][] inverse = inverse(common, larger);
      likelihood = 0;
      for (int i = 0; i < size; i++) {
        pulls[i] = 0;
        for (int j = 0; j < size; j++) {
          pulls[i] += inverse[i][j] * off[j];
        }
        // Without i the others expect all of off[i] but this, with 1 / inverse[i][i] as variance.
        double left = pulls[i] / inverse[i][i];
        double variance = Math.max(1 / inverse[i][i] - larger[i], 0) + noise[i];
        double far = left * left / (DEGREES * variance);
        likelihood -= Math.log(variance) / 2 + (DEGREES + 1) / 2 * Math.log1p(far);
        double weight = (DEGREES + 1) / (DEGREES + left * left * inverse[i][i]);
        if (round < ROUNDS) {
          larger[i] = noise[i] / Math.clamp(weight, LEAST_WEIGHT, 1);
        }
      }
    }
    return new Pulls(pulls, likelihood);
  }

  double[] values() {
    return values.clone();
  }

  /// How likely each of what was seen is by the others, all together, as a logarithm.
  double likelihood() {
    return likelihood;
  }

  /// The inverse of a symmetric positive definite matrix plus a diagonal, by elimination.
  private static double[][] inverse(double[][] matrix, double[] diagonal) {
    int size = diagonal.length;
    double[][] left = new double[size][];
    for (int i = 0; i < size; i++) {
      left[i] = matrix[i].clone();
      left[i][i] += diagonal[i];
    }
    for (int k = 0; k < size; k++) {
      double pivot = 1 / left[k][k];
      left[k][k] = 1;
      for (int j = 0; j < size; j++) {
        left[k][j] *= pivot;
      }
      for (int i = 0; i < size; i++) {
        if (i == k) {
          continue;
        }
        double by = left[i][k];
        left[i][k] = 0;
        for (int j = 0; j < size; j++) {
          left[i][j] -= by * left[k][j];
        }
      }
    }
    return left;
  }
}
