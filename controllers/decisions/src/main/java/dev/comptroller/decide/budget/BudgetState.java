package dev.comptroller.decide.budget;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Instant;

/// A budget's figures at an instant.
///
/// @param window the period it is in
/// @param amount the limit of the period, more than zero
/// @param spent infrastructure spend in the period so far
/// @param burnRate dollars an hour of the replicas that hold GPUs now
/// @param forecast what the period will have cost
/// @param assumed true if part of the spend is an upper bound
public record BudgetState(
    Window window,
    Money amount,
    Money spent,
    HourlyRate burnRate,
    Forecast forecast,
    boolean assumed) {
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  public BudgetState {
    if (amount.micros() <= 0) {
      throw new IllegalArgumentException("amount is %s, not more than zero".formatted(amount));
    }
  }

  /// The state with a linear forecast.
  public static BudgetState linear(
      Window window, Money amount, Money spent, HourlyRate burnRate, boolean assumed, Instant now) {
    Forecast forecast = Forecast.linear(spent, burnRate, amount, window, now);
    return new BudgetState(window, amount, spent, burnRate, forecast, assumed);
  }

  /// The larger of spent/amount and forecast/amount in percent.
  ///
  /// Rounded down, so that 100 means that the limit is reached; at most 9,999.
  public int heatPercent() {
    return percentOf(spent.max(forecast.atEnd()));
  }

  /// Spent in percent of the amount, rounded down; at most 9,999.
  public int spentPercent() {
    return percentOf(spent);
  }

  /// Forecast in percent of the amount, rounded down; at most 9,999.
  public int forecastPercent() {
    return percentOf(forecast.atEnd());
  }

  /// What is left of the amount; zero if nothing is.
  public Money left() {
    return amount.minus(spent).max(Money.ZERO);
  }

  private int percentOf(Money part) {
    BigInteger percent =
        BigInteger.valueOf(part.micros())
            .multiply(HUNDRED)
            .divide(BigInteger.valueOf(amount.micros()));
    return percent.min(BigInteger.valueOf(9_999)).intValueExact();
  }
}
