package dev.comptroller.decide.capacity;

import java.util.ArrayList;
import java.util.List;

/// What is believed of the coefficients of a linear figure: a normal distribution.
///
/// @param mean of each coefficient
/// @param covariance row by row
public record Belief(List<Double> mean, List<Double> covariance) {
  /* No step and no first token takes a day and more, and no error of one is larger. */
  private static final double MOST_SECONDS = 1e5;
  /* What rounding may make of two coefficients that hang together altogether. */
  private static final double SLACK = 1e-6;

  public Belief {
    mean = List.copyOf(mean);
    covariance = List.copyOf(covariance);
    if (covariance.size() != mean.size() * mean.size()) {
      throw new IllegalArgumentException(
          "a covariance of %d figures for %d coefficients"
              .formatted(covariance.size(), mean.size()));
    }
    for (double figure : mean) {
      requireFinite(figure);
    }
    for (double figure : covariance) {
      requireFinite(figure);
    }
  }

  private static void requireFinite(double figure) {
    if (!Double.isFinite(figure)) {
      throw new IllegalArgumentException("a belief with a figure that is no finite number");
    }
  }

  /// A belief in `mean` that is off by about `own` of each coefficient apart and by `common` of all
  /// of them together; by `floor` at least.
  static Belief around(double[] mean, double own, double common, double[] floor) {
    int size = mean.length;
    double[][] covariance = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        covariance[i][j] = common * common * mean[i] * mean[j];
      }
      double sd = own * Math.max(mean[i], floor[i]);
      covariance[i][i] += sd * sd;
    }
    return of(mean, covariance);
  }

  static Belief of(double[] mean, double[][] covariance) {
    List<Double> means = new ArrayList<>();
    List<Double> rows = new ArrayList<>();
    for (int i = 0; i < mean.length; i++) {
      means.add(mean[i]);
      for (int j = 0; j < mean.length; j++) {
        rows.add((covariance[i][j] + covariance[j][i]) / 2);
      }
    }
    return new Belief(means, rows);
  }

  double[] means() {
    return mean.stream().mapToDouble(Double::doubleValue).toArray();
  }

  double[][] matrix() {
    int size = mean.size();
    double[][] matrix = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        matrix[i][j] = covariance.get(i * size + j);
      }
    }
    return matrix;
  }

  /// Whether this can be believed of `size` coefficients in seconds: no error is the root of a
  /// negative number, and no two of them hang together by more than all.
  boolean isSound(int size) {
    if (mean.size() != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      double own = covariance.get(i * size + i);
      if (Math.abs(mean.get(i)) > MOST_SECONDS || own < 0 || own > MOST_SECONDS * MOST_SECONDS) {
        return false;
      }
      for (int j = 0; j < i; j++) {
        double common = covariance.get(i * size + j);
        double most = Math.sqrt(own * covariance.get(j * size + j));
        if (common != covariance.get(j * size + i) || Math.abs(common) > (1 + SLACK) * most) {
          return false;
        }
      }
    }
    return true;
  }

  /// What the belief expects of `features`.
  double expects(double[] features) {
    double sum = 0;
    for (int i = 0; i < features.length; i++) {
      sum += mean.get(i) * features[i];
    }
    return sum;
  }

  /// The variance of that expectation.
  double variance(double[] features) {
    double sum = 0;
    int size = features.length;
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        sum += covariance.get(i * size + j) * features[i] * features[j];
      }
    }
    return Math.max(0, sum);
  }

  /// The belief after `value` was seen at `features`, itself off by `noise` (a variance).
  Belief seeing(double[] features, double value, double noise) {
    int size = features.length;
    double[][] before = matrix();
    double[] gain = new double[size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        gain[i] += before[i][j] * features[j];
      }
    }
    double spread = variance(features) + noise;
    if (spread <= 0) {
      return this;
    }
    double surprise = value - expects(features);
    double[] after = means();
    double[][] left = new double[size][size];
    for (int i = 0; i < size; i++) {
      after[i] += gain[i] / spread * surprise;
      for (int j = 0; j < size; j++) {
        left[i][j] = before[i][j] - gain[i] * gain[j] / spread;
      }
      left[i][i] = Math.max(left[i][i], 1e-9 * before[i][i]);
    }
    return of(after, left);
  }

  /// The belief after some time in which each coefficient may have moved by `share` of itself; its
  /// variances grow no larger than those of `most`.
  Belief loosened(double share, Belief most) {
    int size = mean.size();
    double[][] after = matrix();
    double[][] limit = most.matrix();
    for (int i = 0; i < size; i++) {
      double moved = share * Math.max(Math.abs(mean.get(i)), Math.sqrt(limit[i][i]) / 4);
      after[i][i] = Math.max(after[i][i], Math.min(after[i][i] + moved * moved, limit[i][i]));
    }
    return of(means(), after);
  }

  /// The most likely belief in which no coefficient is negative: those that are become zero, one
  /// after the other, and the rest follows from how they hang together.
  Belief nonNegative() {
    Belief belief = this;
    for (int round = 0; round < mean.size(); round++) {
      int worst = -1;
      double lowest = 0;
      for (int i = 0; i < mean.size(); i++) {
        double sd = Math.sqrt(Math.max(0, belief.covariance.get(i * mean.size() + i)));
        double value = belief.mean.get(i) / Math.max(sd, Double.MIN_NORMAL);
        if (belief.mean.get(i) < 0 && value < lowest) {
          lowest = value;
          worst = i;
        }
      }
      if (worst < 0) {
        break;
      }
      double[] only = new double[mean.size()];
      only[worst] = 1;
      double own = belief.covariance.get(worst * mean.size() + worst);
      belief = belief.seeing(only, 0, 1e-6 * own);
      double[] means = belief.means();
      means[worst] = 0;
      belief = of(means, belief.matrix());
    }
    double[] means = belief.means();
    for (int i = 0; i < means.length; i++) {
      means[i] = Math.max(0, means[i]);
    }
    return of(means, belief.matrix());
  }

  /// The standard error of each coefficient.
  double[] errors() {
    double[] errors = new double[mean.size()];
    for (int i = 0; i < errors.length; i++) {
      errors[i] = Math.sqrt(Math.max(0, covariance.get(i * errors.length + i)));
    }
    return errors;
  }
}
