package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetSpec;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Violations;
import java.util.List;
import java.util.Optional;

/// Turns the spec of an InferenceBudget into an amount and a calendar, or into what is wrong with
/// it. Pure.
public final class BudgetParser {
  private BudgetParser() {}

  /// What a budget declares.
  ///
  /// @param amount dollars of a period, more than zero
  /// @param calendar its periods
  public record Declared(Money amount, Calendar calendar) {}

  /// Parses `budget`.
  public static Parsed<Declared> parse(InferenceBudget budget) {
    InferenceBudgetSpec spec = budget.getSpec();
    if (spec == null || spec.amount() == null || spec.period() == null) {
      return new Parsed.Invalid<>(List.of("spec: needs amount and period"));
    }
    Violations violations = new Violations();
    Optional<Money> amount =
        violations.parse("spec.amount", () -> positive(Money.parse(spec.amount())));
    Optional<Calendar> calendar =
        violations.parse(
            "spec.timeZone", () -> Calendar.of(period(spec.period()), spec.timeZone()));
    return amount.isPresent() && calendar.isPresent()
        ? new Parsed.Valid<>(new Declared(amount.get(), calendar.get()))
        : new Parsed.Invalid<>(violations.found());
  }

  private static Money positive(Money amount) {
    if (amount.micros() <= 0) {
      throw new IllegalArgumentException("is %s; give more than zero".formatted(amount));
    }
    return amount;
  }

  private static Period period(dev.comptroller.api.v1alpha1.Period period) {
    return switch (period) {
      case HOUR -> Period.Hour;
      case DAY -> Period.Day;
      case WEEK -> Period.Week;
      case MONTH -> Period.Month;
    };
  }
}
