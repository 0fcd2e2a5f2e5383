package dev.comptroller.reconcile.signals;

import java.util.OptionalLong;

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
