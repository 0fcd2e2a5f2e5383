package dev.comptroller.decide.budget;

import dev.comptroller.decide.units.Money;

/// Where the money of a namespace stands.
///
/// @param window the period
/// @param amount its limit, more than zero
/// @param spent infrastructure spend of the namespace's own replicas so far, never rounded down
/// @param charges charges paid to other namespaces, settled and held
public record Position(Window window, Money amount, Money spent, Money charges) {
  public Position {
    if (amount.micros() <= 0) {
      throw new IllegalArgumentException("amount is %s, not more than zero".formatted(amount));
    }
    if (spent.micros() < 0 || charges.micros() < 0) {
      throw new IllegalArgumentException(
          "spent %s and charges %s: need zero or more".formatted(spent, charges));
    }
  }

  /// The position of a budget.
  ///
  /// Its spend is rounded to the nearest micro-dollar, so that one more may be gone than it says.
  public static Position of(BudgetState state, Money charges) {
    return new Position(state.window(), state.amount(), state.spent().plus(new Money(1)), charges);
  }

  /// What is left; less than zero if the amount was lowered below what is gone.
  public Money left() {
    return amount.minus(spent).minus(charges);
  }
}
