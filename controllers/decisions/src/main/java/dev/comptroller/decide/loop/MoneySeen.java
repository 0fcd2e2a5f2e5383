package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.units.Money;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/// The money of a namespace as seen at an instant.
///
/// @param asOf when it was seen: everything spent before is in it
/// @param window the period that the figures are of
/// @param spent infrastructure spend in the period
/// @param charges charges paid to other namespaces in the period, settled and held
/// @param assumed whether part of the spend is an upper bound
/// @param history closed hours, ordered, none twice; empty if there is none
/// @param payable whether other namespaces let it use what they serve, and may charge it for that
public record MoneySeen(
    Instant asOf,
    Window window,
    Money spent,
    Money charges,
    boolean assumed,
    List<HourSpend> history,
    boolean payable) {
  public MoneySeen {
    if (spent.micros() < 0 || charges.micros() < 0) {
      throw new IllegalArgumentException(
          "spent %s and charges %s: need zero or more".formatted(spent, charges));
    }
    history = ordered(history);
  }

  /// The money of a namespace that nobody else serves.
  public MoneySeen(
      Instant asOf,
      Window window,
      Money spent,
      Money charges,
      boolean assumed,
      List<HourSpend> history) {
    this(asOf, window, spent, charges, assumed, history, false);
  }

  private static List<HourSpend> ordered(List<HourSpend> hours) {
    boolean ascends = true;
    for (int i = 1; i < hours.size() && ascends; i++) {
      ascends = hours.get(i - 1).hour().isBefore(hours.get(i).hour());
    }
    List<HourSpend> ordered =
        ascends
            ? List.copyOf(hours)
            : hours.stream().sorted(Comparator.comparing(HourSpend::hour)).toList();
    for (int i = 1; i < ordered.size() && !ascends; i++) {
      if (ordered.get(i - 1).hour().equals(ordered.get(i).hour())) {
        throw new IllegalArgumentException("history has an hour twice");
      }
    }
    return ordered;
  }
}
