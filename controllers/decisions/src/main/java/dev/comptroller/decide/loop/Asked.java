package dev.comptroller.decide.loop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// What is asked for over some time, in thousandths of GPUs of the rung without the budget.
///
/// @param parts what comes, each for the same part of that time
/// @param held what replicas are there for meanwhile
/// @param present what they are there for now
record Asked(List<Double> parts, List<Double> held, double present) {
  static final Asked NOTHING = new Asked(List.of(0.0), List.of(0.0), 0);

  Asked {
    parts = List.copyOf(parts);
    held = List.copyOf(held);
  }

  /// A demand that swings around a mean. When it comes back nobody knows, so that replicas are held
  /// for the most of it.
  static Asked around(double mean, double swing) {
    double most = mean + swing;
    return new Asked(List.of(Math.max(0, mean - swing), most), List.of(most), most);
  }

  /// A demand that comes again as in these minutes. Replicas that it does not need in some of them
  /// leave: they start a minute before it needs them, and stay for one after it did.
  static Asked repeating(List<Double> minutes, double present) {
    List<Double> held = new ArrayList<>();
    int size = minutes.size();
    for (int i = 0; i < size; i++) {
      double before = minutes.get((i + size - 1) % size);
      double after = minutes.get((i + 1) % size);
      held.add(Math.max(minutes.get(i), Math.max(before, after)));
    }
    return new Asked(minutes, held, present);
  }

  /// A part of it.
  Asked times(double factor) {
    return new Asked(
        parts.stream().map(each -> each * factor).toList(),
        held.stream().map(each -> each * factor).toList(),
        present * factor);
  }

  double most() {
    return Collections.max(parts);
  }
}
