package dev.comptroller.decide.units;

import java.math.BigInteger;
import java.time.Duration;

/// US dollars an hour, in whole micro-dollars.
///
/// @param microsPerHour millionths of a dollar for one hour; never negative
public record HourlyRate(long microsPerHour) implements Comparable<HourlyRate> {
  /// Free.
  public static final HourlyRate ZERO = new HourlyRate(0);

  private static final BigInteger SECONDS = BigInteger.valueOf(3600);

  public HourlyRate {
    if (microsPerHour < 0) {
      throw new IllegalArgumentException(
          "an hourly rate cannot be negative: " + Decimals.exact(microsPerHour, 6, 2));
    }
  }

  /// The rate in a decimal string such as `98.32`: no sign, at most six decimals.
  public static HourlyRate parse(String text) {
    return new HourlyRate(Decimals.parse(text, 6, "dollars an hour like \"98.32\""));
  }

  /// `part` of `whole` equal shares of this rate, rounded half up.
  public HourlyRate share(long part, long whole) {
    BigInteger numerator = BigInteger.valueOf(microsPerHour).multiply(BigInteger.valueOf(part));
    BigInteger micros = Decimals.divideHalfUp(numerator, BigInteger.valueOf(whole));
    return new HourlyRate(Decimals.narrow(micros, "micro-dollars an hour"));
  }

  /// The sum.
  public HourlyRate plus(HourlyRate other) {
    return new HourlyRate(Math.addExact(microsPerHour, other.microsPerHour));
  }

  /// This rate `factor` times.
  public HourlyRate times(long factor) {
    return new HourlyRate(Math.multiplyExact(microsPerHour, factor));
  }

  /// What this rate costs over `time` (whole seconds count), rounded half up.
  public Money over(Duration time) {
    BigInteger numerator =
        BigInteger.valueOf(microsPerHour).multiply(BigInteger.valueOf(time.toSeconds()));
    return Money.ofMicros(numerator, SECONDS);
  }

  /// The rate as the money of one hour.
  public Money perHour() {
    return new Money(microsPerHour);
  }

  /// The rate with exactly `decimals` decimals, rounded half up.
  public String print(int decimals) {
    return perHour().print(decimals);
  }

  @Override
  public int compareTo(HourlyRate other) {
    return Long.compare(microsPerHour, other.microsPerHour);
  }

  /// The exact rate with at least two decimals.
  @Override
  public String toString() {
    return Decimals.exact(microsPerHour, 6, 2);
  }
}
