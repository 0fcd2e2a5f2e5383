package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.e2e.simulator.input.InputException;
import dev.comptroller.e2e.simulator.scenario.Demands;
import dev.comptroller.e2e.simulator.scenario.Weeks.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongToDoubleFunction;

/// Requests a second, by windows of equal length, each divided into cells of a constant rate.
public final class Rates {
  private static final int CELLS = 60;
  private static final long WEEK = 7 * 86_400;
  private static final double MEAN = 100;

  private final String name;
  private final int windowSeconds;
  private final double[] means;
  private final boolean steps;

  private Rates(String name, int windowSeconds, double[] means, boolean steps) {
    this.name = name;
    this.windowSeconds = windowSeconds;
    this.means = means;
    this.steps = steps;
  }

  /// The same rate in the whole of each window.
  public static Rates steps(String name, int windowSeconds, double... means) {
    return new Rates(name, windowSeconds, means.clone(), true);
  }

  /// Rates that change along a line from the middle of a window to the middle of the next.
  public static Rates lines(String name, int windowSeconds, double... means) {
    return new Rates(name, windowSeconds, means.clone(), false);
  }

  /// A week around 100 requests a second in windows of a minute; a quiet one has 30.
  public static Rates week(Shape shape, long seed) {
    LongToDoubleFunction daily = Demands.daily(MEAN, 0.6);
    LongToDoubleFunction rate =
        switch (shape) {
          case Quiet -> Demands.flat(0.3 * MEAN);
          case Diurnal -> daily;
          case Bursty -> Demands.bursty(daily, seed, 10, 2);
          case Growing -> Demands.growing(daily, 0, WEEK, 1.5);
        };
    double[] means = new double[(int) (WEEK / 60)];
    Arrays.setAll(means, minute -> rate.applyAsDouble(60L * minute));
    return steps(shape.name().toLowerCase(Locale.ROOT), 60, means);
  }

  /// The rates of a workload in a CSV with the columns workload, window_start_s and
  /// requests_per_s_sum_over_clients.
  public static Rates read(Path file, String workload, boolean steps) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InputException(file, 0, "cannot be read: " + e.getMessage());
    }
    List<String> names = lines.isEmpty() ? List.of() : List.of(lines.getFirst().split(",", -1));
    int key = column(file, names, "workload");
    int start = column(file, names, "window_start_s");
    int rate = column(file, names, "requests_per_s_sum_over_clients");
    double[] means = new double[lines.size()];
    double[] starts = new double[lines.size()];
    int count = 0;
    for (int i = 1; i < lines.size(); i++) {
      String[] fields = lines.get(i).split(",", -1);
      if (fields.length > Math.max(key, Math.max(start, rate)) && fields[key].equals(workload)) {
        starts[count] = number(file, i + 1, "window_start_s", fields[start]);
        means[count++] = number(file, i + 1, "requests_per_s_sum_over_clients", fields[rate]);
      }
    }
    if (count < 2) {
      throw new InputException(
          file, 0, "%d windows of the workload \"%s\": need 2 or more".formatted(count, workload));
    }
    int window = (int) Math.round(starts[1] - starts[0]);
    for (int i = 1; i < count; i++) {
      if (Math.round(starts[i] - starts[i - 1]) != window || window < 1) {
        throw new InputException(
            file,
            0,
            "windows of \"%s\" start at %s and %s, not %d s apart as the first two"
                .formatted(workload, starts[i - 1], starts[i], window));
      }
    }
    return new Rates(workload, window, Arrays.copyOf(means, count), steps);
  }

  private static int column(Path file, List<String> names, String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new InputException(file, 1, "no column %s among %s".formatted(name, names));
    }
    return index;
  }

  private static double number(Path file, long line, String name, String text) {
    try {
      double value = Double.parseDouble(text);
      if (value >= 0 && Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new InputException(
        file, line, "%s \"%s\" is no number of zero or more".formatted(name, text));
  }

  /// The first `days` days of it.
  public Rates first(int days) {
    return days(0, days);
  }

  /// As many days of it as there are, up to `days`, without the `skipped` first ones.
  public Rates days(int skipped, int days) {
    long from = skipped * 86_400L / windowSeconds;
    long to = Math.min(means.length, from + days * 86_400L / windowSeconds);
    if (from >= to) {
      throw new IllegalArgumentException(
          "%d days are to be skipped of the %.1f of %s: skip fewer"
              .formatted(skipped, seconds() / 86_400.0, name));
    }
    return new Rates(name, windowSeconds, Arrays.copyOfRange(means, (int) from, (int) to), steps);
  }

  /// This part of every rate.
  public Rates share(double part) {
    return new Rates(
        name, windowSeconds, Arrays.stream(means).map(it -> part * it).toArray(), steps);
  }

  /// What it is called.
  public String name() {
    return name;
  }

  /// Whether rates jump from window to window.
  public boolean isSteps() {
    return steps;
  }

  /// Number of windows.
  public int windows() {
    return means.length;
  }

  /// Seconds of a window.
  public int windowSeconds() {
    return windowSeconds;
  }

  /// Seconds of all windows.
  public long seconds() {
    return (long) windows() * windowSeconds;
  }

  /// Requests a second in a window, as given.
  public double mean(int window) {
    return means[window];
  }

  int cells() {
    return steps ? 1 : CELLS;
  }

  double cellSeconds() {
    return (double) windowSeconds / cells();
  }

  /// Requests a second in a cell of a window.
  double cell(int window, int cell) {
    if (steps) {
      return means[window];
    }
    double off = (cell + 0.5) / CELLS - 0.5;
    int other = Math.clamp(off < 0 ? window - 1 : window + 1, 0, means.length - 1);
    return means[window] + Math.abs(off) * (means[other] - means[window]);
  }
}
