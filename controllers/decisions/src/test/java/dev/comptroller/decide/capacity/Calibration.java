package dev.comptroller.decide.capacity;

import dev.comptroller.decide.capacity.Bends.Scales;
import dev.comptroller.decide.capacity.Physics.Constants;
import dev.comptroller.decide.capacity.Physics.Parts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/// Finds the constants of [Physics] and of [Bends] that fit measurements with the least relative
/// error.
///
/// Those of [Physics]: non-negative least squares on `predicted / measured - 1`, by coordinate
/// descent; all versions of a configuration together have the same weight as those of another, and
/// rows that fit badly count by their error, not its square.
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

  /// How the bends of `rows` hang together: of a few figures, those by which rows that are left out
  /// of their configuration are predicted best.
  static Scales bends(Physics physics, List<Silicon.Row> rows) {
    List<Left> lefts = lefts(physics, rows);
    Scales best = Scales.CALIBRATED;
    double least = Double.POSITIVE_INFINITY;
    for (Scales each : candidates()) {
      double loss = loss(each, lefts);
      if (loss < least) {
        least = loss;
        best = each;
      }
    }
    return best;
  }

  private static List<Scales> candidates() {
    Scales usual = Scales.CALIBRATED;
    List<Scales> all = new ArrayList<>();
    for (double height : new double[] {0.22, 0.33, 0.5}) {
      for (double reach : new double[] {1.5, 2.2, 3.3}) {
        all.add(new Scales(usual.level(), height, usual.noise(), reach));
      }
    }
    return all;
  }

  /// A row and what was learned of the others of its configuration.
  private record Left(Silicon.Row row, FirstTokenFit others) {
    double error(Scales scales) {
      double said = others.curve(scales).seconds(row.workload(), row.sequences());
      return Math.abs(said / row.firstSeconds() - 1);
    }
  }

  private static List<Left> lefts(Physics physics, List<Silicon.Row> rows) {
    Map<String, List<Silicon.Row>> configurations =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    Silicon.Row::configuration, LinkedHashMap::new, Collectors.toList()));
    List<Left> lefts = new ArrayList<>();
    for (List<Silicon.Row> each : configurations.values()) {
      if (each.size() < CapacityBench.LEAST) {
        continue;
      }
      for (Silicon.Row row : each) {
        List<Silicon.Row> others = Silicon.others(row, each);
        Collections.shuffle(others, new Random(row.hashCode()));
        StepCost cost = physics.stepCost(row.hardware(), row.shape());
        FirstTokenFit fit = FirstTokenFit.from(physics.firstTokenCost(cost));
        for (Silicon.Row other : others) {
          fit = fit.seeing(other.workload(), other.sequences(), other.firstSeconds(), 1);
        }
        lefts.add(new Left(row, fit));
      }
    }
    return lefts;
  }

  /// The mean error, large ones by their logarithm.
  private static double loss(Scales scales, List<Left> lefts) {
    return lefts.stream()
        .mapToDouble(left -> Math.log1p(left.error(scales) / 0.05))
        .average()
        .orElse(0);
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
    rows.forEach(row -> counts.merge(row.family(), 1, Integer::sum));
    double[][] x = new double[rows.size()][];
    double[] weight = new double[rows.size()];
    for (int i = 0; i < x.length; i++) {
      x[i] = features.of(rows.get(i));
      for (int j = 0; j < size; j++) {
        x[i][j] /= value.of(rows.get(i));
      }
      weight[i] = 1.0 / counts.getOrDefault(rows.get(i).family(), 1);
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
