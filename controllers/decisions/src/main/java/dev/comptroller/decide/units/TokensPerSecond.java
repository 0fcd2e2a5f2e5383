package dev.comptroller.decide.units;

import java.math.BigInteger;
import java.time.Duration;

/// Tokens a second, in whole thousandths.
///
/// @param thousandths thousandths of a token a second; never negative
public record TokensPerSecond(long thousandths) implements Comparable<TokensPerSecond> {
  /// Nothing.
  public static final TokensPerSecond ZERO = new TokensPerSecond(0);

  public TokensPerSecond {
    if (thousandths < 0) {
      throw new IllegalArgumentException(
          "tokens a second cannot be negative: " + Decimals.exact(thousandths, 3, 0));
    }
  }

  /// This many whole tokens a second.
  public static TokensPerSecond of(long tokensPerSecond) {
    return new TokensPerSecond(Math.multiplyExact(tokensPerSecond, 1000L));
  }

  /// The rate in a decimal string such as `2800` or `41.5`: at most three decimals.
  public static TokensPerSecond parse(String text) {
    return new TokensPerSecond(Decimals.parse(text, 3, "tokens a second like \"2800\""));
  }

  /// The mean rate of `tokens` over `time`, rounded half up; zero over no time.
  public static TokensPerSecond mean(Tokens tokens, Duration time) {
    if (time.toMillis() <= 0) {
      return ZERO;
    }
    BigInteger numerator =
        BigInteger.valueOf(tokens.count()).multiply(BigInteger.valueOf(1_000_000));
    BigInteger rate = Decimals.divideHalfUp(numerator, BigInteger.valueOf(time.toMillis()));
    return new TokensPerSecond(Decimals.narrow(rate, "thousandths of a token a second"));
  }

  /// `percent` of this rate, rounded half up.
  public TokensPerSecond percent(int percent) {
    BigInteger part = BigInteger.valueOf(thousandths).multiply(BigInteger.valueOf(percent));
    return new TokensPerSecond(
        Decimals.divideHalfUp(part, BigInteger.valueOf(100)).longValueExact());
  }

  /// This rate `factor` times.
  public TokensPerSecond times(long factor) {
    return new TokensPerSecond(Math.multiplyExact(thousandths, factor));
  }

  @Override
  public int compareTo(TokensPerSecond other) {
    return Long.compare(thousandths, other.thousandths);
  }

  /// The exact rate: `2800`, `41.5`.
  @Override
  public String toString() {
    return Decimals.exact(thousandths, 3, 0);
  }
}
