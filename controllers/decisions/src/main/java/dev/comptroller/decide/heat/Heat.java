package dev.comptroller.decide.heat;

import dev.comptroller.decide.budget.BudgetState;
import java.time.Instant;

/// How hot a budget runs, as seen once.
///
/// Percents are rounded down, which loses nothing: a share reaches a whole percent exactly if its
/// rounded figure does.
///
/// @param periodStart start of the period that the figures are of
/// @param spentPercent spent in percent of the amount
/// @param forecastPercent forecast in percent of the amount
public record Heat(Instant periodStart, int spentPercent, int forecastPercent) {
  public Heat {
    if (spentPercent < 0 || forecastPercent < 0) {
      throw new IllegalArgumentException(
          "heat %d %% spent, %d %% forecast: need 0 or more"
              .formatted(spentPercent, forecastPercent));
    }
  }

  /// The heat of a budget.
  public static Heat of(BudgetState state) {
    return new Heat(state.window().start(), state.spentPercent(), state.forecastPercent());
  }

  /// The part of it that a step looks at.
  public int percent(HeatSource source) {
    return switch (source) {
      case Spent -> spentPercent;
      case Forecast -> forecastPercent;
      case Larger -> Math.max(spentPercent, forecastPercent);
    };
  }
}
