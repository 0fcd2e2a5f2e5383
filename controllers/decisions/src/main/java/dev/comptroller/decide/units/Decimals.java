package dev.comptroller.decide.units;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Pattern;

/// Decimal strings and exact division, shared by the units.
final class Decimals {
  private static final Pattern PLAIN = Pattern.compile("[0-9]{1,19}(\\.[0-9]+)?");
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);

  private Decimals() {}

  /// The decimal in `text` as a whole number of units of `10^-decimals`.
  static long parse(String text, int decimals, String expected) {
    String trimmed = text.strip();
    if (trimmed.startsWith("-")) {
      throw new IllegalArgumentException(
          "\"%s\" is negative: give %s, zero or more".formatted(text, expected));
    }
    if (!PLAIN.matcher(trimmed).matches()) {
      throw new IllegalArgumentException("\"%s\" is not %s".formatted(text, expected));
    }
    BigDecimal value = new BigDecimal(trimmed);
    if (value.stripTrailingZeros().scale() > decimals) {
      throw new IllegalArgumentException(
          "\"%s\" has more than %d decimals: give %s".formatted(text, decimals, expected));
    }
    BigInteger units = value.movePointRight(decimals).toBigIntegerExact();
    if (units.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          "\"%s\" is larger than %s: give %s"
              .formatted(text, BigDecimal.valueOf(Long.MAX_VALUE, decimals), expected));
    }
    return units.longValueExact();
  }

  /// `value * 10^-scale` in full, with at least `minimum` decimals.
  static String exact(long value, int scale, int minimum) {
    BigDecimal exact = BigDecimal.valueOf(value, scale).stripTrailingZeros();
    return (exact.scale() < minimum ? exact.setScale(minimum, RoundingMode.UNNECESSARY) : exact)
        .toPlainString();
  }

  /// `numerator / denominator` rounded to the nearest, ties away from zero.
  static BigInteger divideHalfUp(BigInteger numerator, BigInteger denominator) {
    if (denominator.signum() <= 0) {
      throw new ArithmeticException("division by " + denominator);
    }
    BigInteger[] parts = numerator.abs().divideAndRemainder(denominator);
    boolean up = parts[1].shiftLeft(1).compareTo(denominator) >= 0;
    BigInteger magnitude = up ? parts[0].add(BigInteger.ONE) : parts[0];
    return numerator.signum() < 0 ? magnitude.negate() : magnitude;
  }

  static long narrow(BigInteger value, String unit) {
    if (value.compareTo(MAX) > 0 || value.compareTo(MIN) < 0) {
      throw new ArithmeticException(value + " " + unit + " are more than a long can hold");
    }
    return value.longValueExact();
  }
}
