package dev.comptroller.decide.cost;

import dev.comptroller.decide.units.Money;

/// Dollars spent on replicas.
///
/// @param money the amount, rounded half up once
/// @param assumed true if part of it is an upper bound, because a price was not known
public record Spend(Money money, boolean assumed) {
  /// Nothing.
  public static final Spend NONE = new Spend(Money.ZERO, false);
}
