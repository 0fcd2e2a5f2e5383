package dev.comptroller.decide.units;

import java.math.BigInteger;
import java.util.Optional;

/// US dollars per million tokens, in whole micro-dollars.
///
/// `$ per hour / (tokens per second * 3600 / 1e6)`, computed in whole numbers and rounded half up
/// once.
///
/// @param microsPerMillion micro-dollars for a million tokens; never negative
public record Cpm(long microsPerMillion) implements Comparable<Cpm> {
  private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);

  public Cpm {
    if (microsPerMillion < 0) {
      throw new IllegalArgumentException(
          "a price per million tokens cannot be negative: "
              + Decimals.exact(microsPerMillion, 6, 2));
    }
  }

  /// The price in a decimal string such as `0.60`.
  public static Cpm parse(String text) {
    return new Cpm(Decimals.parse(text, 6, "dollars per million tokens like \"0.60\""));
  }

  /// What a million tokens cost at this rate and speed; absent if nothing is produced or the figure
  /// exceeds what can be held.
  public static Optional<Cpm> of(HourlyRate rate, TokensPerSecond speed) {
    if (speed.thousandths() == 0) {
      return Optional.empty();
    }
    BigInteger numerator =
        BigInteger.valueOf(rate.microsPerHour()).multiply(BigInteger.valueOf(1_000_000_000L));
    BigInteger denominator =
        BigInteger.valueOf(speed.thousandths()).multiply(BigInteger.valueOf(3600));
    return fit(Decimals.divideHalfUp(numerator, denominator));
  }

  /// What a million tokens cost when `money` bought `tokens`; absent if there were none.
  public static Optional<Cpm> of(Money money, Tokens tokens) {
    if (tokens.count() == 0 || money.micros() < 0) {
      return Optional.empty();
    }
    BigInteger numerator = BigInteger.valueOf(money.micros()).multiply(MILLION);
    return fit(Decimals.divideHalfUp(numerator, BigInteger.valueOf(tokens.count())));
  }

  /// Whole tokens that a dollar buys, rounded half up; absent if tokens are free.
  public Optional<Tokens> tokensPerDollar() {
    if (microsPerMillion == 0) {
      return Optional.empty();
    }
    BigInteger perDollar =
        Decimals.divideHalfUp(MILLION.multiply(MILLION), BigInteger.valueOf(microsPerMillion));
    return Optional.of(new Tokens(perDollar.longValueExact()));
  }

  /// What `tokens` cost at this price, rounded half up.
  public Money of(Tokens tokens) {
    BigInteger numerator =
        BigInteger.valueOf(microsPerMillion).multiply(BigInteger.valueOf(tokens.count()));
    return Money.ofMicros(numerator, MILLION);
  }

  /// `numerator / denominator` of this price, rounded half up.
  public Cpm scaled(BigInteger numerator, BigInteger denominator) {
    BigInteger product = BigInteger.valueOf(microsPerMillion).multiply(numerator);
    BigInteger price = Decimals.divideHalfUp(product, denominator);
    return new Cpm(Decimals.narrow(price, "micro-dollars per million tokens"));
  }

  /// The price with exactly `decimals` decimals, rounded half up.
  public String print(int decimals) {
    return new Money(microsPerMillion).print(decimals);
  }

  private static Optional<Cpm> fit(BigInteger micros) {
    return micros.bitLength() > 63 ? Optional.empty() : Optional.of(new Cpm(micros.longValue()));
  }

  @Override
  public int compareTo(Cpm other) {
    return Long.compare(microsPerMillion, other.microsPerMillion);
  }

  /// The exact price with at least two decimals.
  @Override
  public String toString() {
    return Decimals.exact(microsPerMillion, 6, 2);
  }
}
