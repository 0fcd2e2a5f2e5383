package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.latency.Histogram;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads counters out of the Prometheus text format.
final class Exposition {
  private Exposition() {}

  /// The sum of counter `name` over all its series, as a whole number.
  ///
  /// Absent if there is no series, or if one of them is not a finite number that is 0 or more: a
  /// figure that is partly wrong is no figure.
  static OptionalLong counter(String text, String name) {
    return counter(text, name, "");
  }

  /// The same over the series whose labels contain `label`, such as `finished_reason="error"`.
  static OptionalLong counter(String text, String name, String label) {
    double sum = 0;
    boolean found = false;
    for (String line : text.lines().toList()) {
      if (!line.startsWith(name) || !endsName(line, name.length()) || !line.contains(label)) {
        continue;
      }
      double value = value(line, name.length());
      if (!Double.isFinite(value) || value < 0) {
        return OptionalLong.empty();
      }
      found = true;
      sum += value;
    }
    return found && sum < 9e15 ? OptionalLong.of(Math.round(sum)) : OptionalLong.empty();
  }

  /// The histogram `name`, summed up over all its series; absent if there is none, or if a figure
  /// of it is no count.
  static Optional<Histogram> histogram(String text, String name) {
    SortedMap<Double, Double> upTo = new TreeMap<>();
    String bucket = name + "_bucket";
    for (String line : text.lines().toList()) {
      String bound = figure(line, bucket, "le");
      if (bound != null) {
        double value = value(line, bucket.length());
        if (!Double.isFinite(value) || value < 0) {
          return Optional.empty();
        }
        try {
          double le = bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound);
          upTo.merge(le, value, Double::sum);
        } catch (NumberFormatException _) {
          return Optional.empty();
        }
      }
    }
    Double count = upTo.remove(Double.POSITIVE_INFINITY);
    if (count == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Histogram(upTo, count));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// The sums of all names over all their series, read in one go; absent as above.
  static Map<String, Double> sums(String text) {
    Map<String, Double> sums = new HashMap<>();
    text.lines()
        .forEach(
            line -> {
              int end = nameEnd(line);
              if (end > 0) {
                double value = value(line, end);
                sums.merge(line.substring(0, end), value < 0 ? Double.NaN : value, Double::sum);
              }
            });
    sums.values().removeIf(sum -> !Double.isFinite(sum));
    return sums;
  }

  private static int nameEnd(String line) {
    int at = 0;
    while (at < line.length() && !endsName(line, at)) {
      at++;
    }
    return at < line.length() ? at : -1;
  }

  /// The number in label `label` of the first series of `name`.
  static OptionalDouble label(String text, String name, String label) {
    for (String line : text.lines().toList()) {
      String figure = figure(line, name, label);
      if (figure != null) {
        try {
          return OptionalDouble.of(Double.parseDouble(figure));
        } catch (NumberFormatException _) {
          return OptionalDouble.empty();
        }
      }
    }
    return OptionalDouble.empty();
  }

  /// What label `label` says in a line of `name`; absent if the line is of another one or has no
  /// such label.
  private static @Nullable String figure(String line, String name, String label) {
    int from = line.indexOf(label + "=\"");
    if (!line.startsWith(name) || !endsName(line, name.length()) || from < 1) {
      return null;
    }
    int value = from + label.length() + 2;
    return line.substring(value, Math.max(value, line.indexOf('"', value)));
  }

  private static boolean endsName(String line, int at) {
    return at < line.length() && (line.charAt(at) == '{' || line.charAt(at) == ' ');
  }

  private static double value(String line, int nameEnd) {
    int from = line.charAt(nameEnd) == '{' ? line.lastIndexOf('}') + 1 : nameEnd;
    String rest = line.substring(from).strip();
    int space = rest.indexOf(' ');
    try {
      return Double.parseDouble(space < 0 ? rest : rest.substring(0, space));
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }
}
