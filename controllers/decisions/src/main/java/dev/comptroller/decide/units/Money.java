package dev.comptroller.decide.units;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/// An amount of US dollars in whole micro-dollars.
///
/// Arithmetic is checked: an overflow is an [ArithmeticException], never a wrong amount. Negative
/// amounts exist (a true-up can be one) but are not parsed from user input.
///
/// @param micros millionths of a dollar
public record Money(long micros) implements Comparable<Money> {
  /// No money.
  public static final Money ZERO = new Money(0);

  /// The largest amount that can be held, about 9.2 trillion dollars.
  public static final Money MAX = new Money(Long.MAX_VALUE);

  /// This many millionths of a dollar.
  public static Money ofMicros(long micros) {
    return new Money(micros);
  }

  /// The amount in a decimal string such as `19` or `19.00`: no sign, at most six decimals.
  ///
  /// @throws IllegalArgumentException says what is wrong and what would be right
  public static Money parse(String text) {
    return new Money(Decimals.parse(text, 6, "an amount of dollars like \"19.00\""));
  }

  /// `numerator / denominator` micro-dollars, rounded half up.
  public static Money ofMicros(BigInteger numerator, BigInteger denominator) {
    return new Money(
        Decimals.narrow(Decimals.divideHalfUp(numerator, denominator), "micro-dollars"));
  }

  /// The sum.
  public Money plus(Money other) {
    return new Money(Math.addExact(micros, other.micros));
  }

  /// The difference, which may be negative.
  public Money minus(Money other) {
    return new Money(Math.subtractExact(micros, other.micros));
  }

  /// This amount `factor` times.
  public Money times(long factor) {
    return new Money(Math.multiplyExact(micros, factor));
  }

  /// The larger of the two.
  public Money max(Money other) {
    return micros >= other.micros ? this : other;
  }

  /// Whether this is more than `other`.
  public boolean isMoreThan(Money other) {
    return micros > other.micros;
  }

  /// The amount with exactly `decimals` decimals (0 to 6), rounded half up.
  public String print(int decimals) {
    return BigDecimal.valueOf(micros, 6).setScale(decimals, RoundingMode.HALF_UP).toPlainString();
  }

  @Override
  public int compareTo(Money other) {
    return Long.compare(micros, other.micros);
  }

  /// The exact amount with at least two decimals: `19.00`, `0.001234`.
  @Override
  public String toString() {
    return Decimals.exact(micros, 6, 2);
  }
}
