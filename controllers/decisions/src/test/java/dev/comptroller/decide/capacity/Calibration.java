package dev.comptroller.decide.capacity;

import dev.comptroller.decide.capacity.Physics.Constants;
import dev.comptroller.decide.capacity.Physics.Parts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds the constants of [Physics] that fit measurements with the least relative error.
///
/// Non-negative least squares on `predicted / measured - 1`, by coordinate descent; each
/// configuration has the same weight, and rows that fit badly count by their error, not its square.
final class Calibration {
  private static final int STEP = 9;
  private static final int FIRST = 5;

  private Calibration() {}

  /// The constants for `rows`.
  static Constants of(List<Silicon.Row> rows) {
    double[] step =
        fit(
            rows,
            STEP,
            row -> features(Parts.of(row.hardware(), row.shape()), row),
            Silicon.Row::tokenSeconds);
    Constants half =
        new Constants(
            step[0], step[1], step[2], step[3], step[4], step[5], step[6], step[7], step[8], 0, 0,
            0, 0, 0);
    Physics physics = new Physics(half);
    double[] first =
        fit(
            rows,
            FIRST,
            row -> {
              StepCost cost = physics.stepCost(row.hardware(), row.shape());
              double token = cost.perToken();
              double input = row.workload().computedInput();
              return new double[] {
                1,
                cost.fixed(),
                token * input,
                token * row.sequences(),
                token * input * row.sequences()
              };
            },
            Silicon.Row::firstSeconds);
    return new Constants(
        step[0], step[1], step[2], step[3], step[4], step[5], step[6], step[7], step[8], first[0],
        first[1], first[2], first[3], first[4]);
  }

  private static double[] features(Parts parts, Silicon.Row row) {
    double root = Math.sqrt(row.sequences());
    StepSample sample = row.sample();
    return new double[] {
      1,
      parts.layers(),
      parts.exchanging(),
      parts.weights(),
      parts.experts() + parts.rootExperts() * root,
      parts.weights() * root,
      root,
      parts.token() * sample.tokens(),
      parts.kvToken() * sample.kvTokens()
    };
  }

  private interface Features {
    double[] of(Silicon.Row row);
  }

  private interface Value {
    double of(Silicon.Row row);
  }

  private static double[] fit(List<Silicon.Row> rows, int size, Features features, Value value) {
    Map<String, Integer> counts = new HashMap<>();
    rows.forEach(row -> counts.merge(row.configuration(), 1, Integer::sum));
    double[][] x = new double[rows.size()][];
    double[] weight = new double[rows.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = features.of(rows.get(i));
      for (int j = 0; j < size; j++) {
        x[i][j] /= value.of(rows.get(i));
      }
      weight[i] = 1.0 / counts.getOrDefault(rows.get(i).configuration(), 1);
    }
    double[] found = new double[size];
    double[] robust = weight.clone();
    for (int round = 0; round < 10; round++) {
      found = nonNegative(x, robust, size);
      for (int i = 0; i < x.length; i++) {
        double sum = -1;
        for (int j = 0; j < size; j++) {
          sum += x[i][j] * found[j];
        }
        robust[i] = weight[i] / Math.max(Math.abs(sum), 0.1);
      }
    }
    return found;
  }

  private static double[] nonNegative(double[][] x, double[] weight, int size) {
    double[][] gram = new double[size][size];
    double[] right = new double[size];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < size; j++) {
        right[j] += weight[i] * x[i][j];
        for (int k = 0; k < size; k++) {
          gram[j][k] += weight[i] * x[i][j] * x[i][k];
        }
      }
    }
    double[] found = new double[size];
    for (int sweep = 0; sweep < 20_000; sweep++) {
      double moved = 0;
      for (int j = 0; j < size; j++) {
        double rest = right[j];
        for (int k = 0; k < size; k++) {
          rest -= k == j ? 0 : gram[j][k] * found[k];
        }
        double next = gram[j][j] > 0 ? Math.max(0, rest / gram[j][j]) : 0;
        moved += Math.abs(next - found[j]) * Math.sqrt(gram[j][j]);
        found[j] = next;
      }
      if (moved < 1e-10) {
        break;
      }
    }
    return found;
  }
}
