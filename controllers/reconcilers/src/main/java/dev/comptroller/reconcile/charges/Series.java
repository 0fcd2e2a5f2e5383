package dev.comptroller.reconcile.charges;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// A series of the Prometheus text format with its present value, a whole number.
///
/// @param name of the metric
/// @param labels by name
/// @param value zero or more
record Series(String name, Map<String, String> labels, long value) {
  private static final double MOST = 9e15;

  /// The series in `text` whose metric is one of `names`; one whose value is not a finite number
  /// from 0 on, or that cannot be read, is left out.
  static List<Series> read(String text, Set<String> names) {
    List<Series> found = new ArrayList<>();
    for (String line : text.lines().toList()) {
      int end = 0;
      while (end < line.length() && line.charAt(end) != '{' && line.charAt(end) != ' ') {
        end++;
      }
      if (names.contains(line.substring(0, end))) {
        parse(line, end).ifPresent(found::add);
      }
    }
    return found;
  }

  /// The value of a label; empty if there is none.
  String label(String label) {
    return labels.getOrDefault(label, "");
  }

  private static Optional<Series> parse(String line, int nameEnd) {
    Map<String, String> labels = new TreeMap<>();
    int at = nameEnd;
    if (at < line.length() && line.charAt(at) == '{') {
      at++;
      while (at < line.length() && line.charAt(at) != '}') {
        int equals = line.indexOf('=', at);
        if (equals < 0 || equals + 1 >= line.length() || line.charAt(equals + 1) != '"') {
          return Optional.empty();
        }
        String label = line.substring(at, equals).strip();
        StringBuilder value = new StringBuilder();
        at = value(line, equals + 2, value);
        if (at < 0) {
          return Optional.empty();
        }
        labels.put(label, value.toString());
        while (at < line.length() && (line.charAt(at) == ',' || line.charAt(at) == ' ')) {
          at++;
        }
      }
      at++;
    }
    return number(line, at).map(value -> new Series(line.substring(0, nameEnd), labels, value));
  }

  /// Reads a quoted value that begins at `from`; returns where its quote ends, or less than 0.
  private static int value(String line, int from, StringBuilder into) {
    for (int at = from; at < line.length(); at++) {
      char c = line.charAt(at);
      if (c == '"') {
        return at + 1;
      }
      if (c == '\\' && at + 1 < line.length()) {
        at++;
        into.append(line.charAt(at) == 'n' ? '\n' : line.charAt(at));
      } else {
        into.append(c);
      }
    }
    return -1;
  }

  private static Optional<Long> number(String line, int from) {
    if (from >= line.length()) {
      return Optional.empty();
    }
    String rest = line.substring(from).strip();
    int space = rest.indexOf(' ');
    try {
      double value = Double.parseDouble(space < 0 ? rest : rest.substring(0, space));
      return Double.isFinite(value) && value >= 0 && value < MOST
          ? Optional.of(Math.round(value))
          : Optional.empty();
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }
}
