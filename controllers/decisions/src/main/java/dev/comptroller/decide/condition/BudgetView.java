package dev.comptroller.decide.condition;

import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.forecast.Outlook;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/// What the conditions of an InferenceBudget are judged from.
///
/// @param namespace its namespace
/// @param name its name
/// @param period its period
/// @param state its figures
/// @param outlook what the forecast is made from and how far off it may be
/// @param claimants all budgets of the namespace, this one included
public record BudgetView(
    String namespace,
    String name,
    Period period,
    BudgetState state,
    Outlook outlook,
    List<Claimant> claimants) {
  public BudgetView {
    claimants = claimants.stream().sorted(Claimant.SENIORITY).toList();
    if (claimants.isEmpty()) {
      throw new IllegalArgumentException("budget %s is not among the claimants".formatted(name));
    }
  }

  /// A budget that wants to be the one of its namespace.
  ///
  /// @param name its name
  /// @param createdAt its creation
  public record Claimant(String name, Instant createdAt) {
    /// Oldest first, then by name.
    public static final Comparator<Claimant> SENIORITY =
        Comparator.comparing(Claimant::createdAt).thenComparing(Claimant::name);
  }

  /// The budget in force: the oldest, and of equally old ones the first by name.
  public String winner() {
    return claimants.getFirst().name();
  }

  /// Whether this budget is in force.
  public boolean isInForce() {
    return winner().equals(name);
  }
}
