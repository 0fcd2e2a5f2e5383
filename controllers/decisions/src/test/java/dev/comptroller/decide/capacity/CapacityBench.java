package dev.comptroller.decide.capacity;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How far the capacity model is from public measurements, cross-validated; see
/// `e2e/bench/capacity`.
final class CapacityBench {
  /* Samples that the online fit has seen of a configuration; the last: all but the one predicted. */
  private static final int[] SEEN = {0, 3, 5, 10, 20, Integer.MAX_VALUE};
  private static final int SHUFFLES = 10;
  static final int LEAST = 6;

  private CapacityBench() {}

  public static void main(String[] arguments) throws IOException {
    List<Silicon.Row> rows = Silicon.read(Path.of(arguments[0]));
    System.out.printf(
        "%d measurements of single servers in %d configurations%n",
        rows.size(), rows.stream().map(Silicon.Row::configuration).distinct().count());
    Physics all = new Physics(Calibration.of(rows));
    System.out.println("constants on all of them: " + all.constants());
    System.out.println("bends on all of them: " + Calibration.bends(all, rows));
    crossValidate("model", rows, Silicon.Row::model);
    crossValidate("system", rows, Silicon.Row::system);
  }

  /// Errors by the number of samples seen.
  private static final class Errors {
    final Map<Integer, List<Double>> step = new TreeMap<>();
    final Map<Integer, List<Double>> first = new TreeMap<>();

    void add(int seen, double stepError, double firstError) {
      step.computeIfAbsent(seen, _ -> new ArrayList<>()).add(stepError);
      first.computeIfAbsent(seen, _ -> new ArrayList<>()).add(firstError);
    }

    void addAll(Errors others) {
      others.step.forEach((k, v) -> step.computeIfAbsent(k, _ -> new ArrayList<>()).addAll(v));
      others.first.forEach((k, v) -> first.computeIfAbsent(k, _ -> new ArrayList<>()).addAll(v));
    }
  }

  private static void crossValidate(
      String name, List<Silicon.Row> rows, Function<Silicon.Row, String> part) {
    System.out.printf(
        "%nleave one %s out: median relative error in percent of time per token / first token, by"
            + " samples seen of the configuration%n%-16s %6s",
        name, name, "rows");
    for (int seen : SEEN) {
      System.out.printf(" %13s", seen == Integer.MAX_VALUE ? "all others" : seen);
    }
    System.out.println();
    Errors all = new Errors();
    for (String left : rows.stream().map(part).distinct().sorted().toList()) {
      List<Silicon.Row> rest = rows.stream().filter(row -> !part.apply(row).equals(left)).toList();
      Physics physics = new Physics(Calibration.of(rest));
      Bends.Scales scales = Calibration.bends(physics, rest);
      List<Silicon.Row> test = rows.stream().filter(row -> part.apply(row).equals(left)).toList();
      Errors errors = errors(physics, scales, test);
      all.addAll(errors);
      print(left, test.size(), errors);
    }
    print("all", rows.size(), all);
    System.out.printf("%-23s", "90th percentile");
    for (int seen : SEEN) {
      System.out.printf(
          " %6.1f/%6.1f",
          100 * quantile(all.step.getOrDefault(seen, List.of()), 0.9),
          100 * quantile(all.first.getOrDefault(seen, List.of()), 0.9));
    }
    System.out.println();
  }

  private static void print(String name, int rows, Errors errors) {
    System.out.printf("%-16s %6d", name, rows);
    for (int seen : SEEN) {
      System.out.printf(
          " %6.1f/%6.1f",
          100 * quantile(errors.step.getOrDefault(seen, List.of()), 0.5),
          100 * quantile(errors.first.getOrDefault(seen, List.of()), 0.5));
    }
    System.out.println();
  }

  private static Errors errors(Physics physics, Bends.Scales scales, List<Silicon.Row> rows) {
    Errors errors = new Errors();
    Map<String, List<Silicon.Row>> configurations =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    Silicon.Row::configuration, LinkedHashMap::new, Collectors.toList()));
    for (List<Silicon.Row> configuration : configurations.values()) {
      Random random = new Random(configuration.getFirst().configuration().hashCode());
      for (int seen : SEEN) {
        if (seen == Integer.MAX_VALUE) {
          if (configuration.size() >= LEAST) {
            for (int left = 0; left < configuration.size(); left++) {
              Silicon.Row one = configuration.get(left);
              List<Silicon.Row> others = Silicon.others(one, configuration);
              Collections.shuffle(others, random);
              predict(physics, scales, others, List.of(one), seen, errors);
            }
          }
        } else if (configuration.size() > seen) {
          for (int shuffle = 0; shuffle < (seen == 0 ? 1 : SHUFFLES); shuffle++) {
            List<Silicon.Row> mixed = new ArrayList<>(configuration);
            Collections.shuffle(mixed, random);
            List<Silicon.Row> known = mixed.subList(0, seen);
            List<Silicon.Row> asked = new ArrayList<>(mixed.subList(seen, mixed.size()));
            asked.removeIf(row -> known.stream().anyMatch(row::isCopyOf));
            predict(physics, scales, known, asked, seen, errors);
          }
        }
      }
    }
    return errors;
  }

  private static void predict(
      Physics physics,
      Bends.Scales scales,
      List<Silicon.Row> known,
      List<Silicon.Row> asked,
      int seen,
      Errors errors) {
    if (asked.isEmpty()) {
      return;
    }
    Silicon.Row any = asked.getFirst();
    StepCost prior = physics.stepCost(any.hardware(), any.shape());
    Fit steps = Fit.from(Physics.stepBelief(prior), Fit.STEP_NOISE);
    FirstTokenFit firsts = FirstTokenFit.from(physics.firstTokenCost(prior));
    for (Silicon.Row row : known) {
      steps = steps.seeing(row.sample());
      firsts = firsts.seeing(row.workload(), row.sequences(), row.firstSeconds(), 1);
    }
    StepCost cost = steps.stepCost().cost();
    FirstTokenCurve first = firsts.curve(scales);
    for (Silicon.Row row : asked) {
      StepSample sample = row.sample();
      double step = cost.seconds(row.sequences(), sample.tokens(), sample.kvTokens());
      double prompt = first.seconds(row.workload(), row.sequences());
      errors.add(
          seen, Math.abs(step / row.tokenSeconds() - 1), Math.abs(prompt / row.firstSeconds() - 1));
    }
  }

  private static double quantile(List<Double> values, double part) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(Math.min(sorted.size() - 1, (int) (part * sorted.size())));
  }
}
