package dev.comptroller.decide.capacity;

import dev.comptroller.decide.units.Cpm;
import java.math.BigInteger;

/// How traffic divides over token classes, and so how a mean price does.
///
/// The traffic-weighted mean of the split prices is the mean price again, up to the rounding of
/// each.
///
/// @param input tokens computed from prompts
/// @param cachedInput tokens of prompts that were cached
/// @param output tokens produced
public record TokenMix(long input, long cachedInput, long output) {
  /// What is assumed before there is traffic: three tokens in for each token out, none cached.
  public static final TokenMix ASSUMED = new TokenMix(3, 0, 1);

  public TokenMix {
    if (input < 0 || cachedInput < 0 || output < 0) {
      throw new IllegalArgumentException(
          "token mix %d:%d:%d has a negative part".formatted(input, cachedInput, output));
    }
    if (input == 0 && cachedInput == 0 && output == 0) {
      input = 3;
      output = 1;
    }
  }

  /// Prices of the classes.
  public record Split(Cpm input, Cpm cachedInput, Cpm output) {}

  /// All tokens.
  BigInteger total() {
    return BigInteger.valueOf(input)
        .add(BigInteger.valueOf(cachedInput))
        .add(BigInteger.valueOf(output));
  }

  /// What these tokens cost at `prices`, in millionths of a micro-dollar.
  BigInteger at(Split prices) {
    return times(input, prices.input())
        .add(times(cachedInput, prices.cachedInput()))
        .add(times(output, prices.output()));
  }

  /// The prices whose mean over this mix is `mean`, by the usual weights.
  public Split split(Cpm mean) {
    return split(mean, TokenWeights.USUAL);
  }

  /// The prices whose mean over this mix is `mean`, and that are to each other as `weights`.
  public Split split(Cpm mean, TokenWeights weights) {
    BigInteger weighted =
        weigh(input, weights.input())
            .add(weigh(cachedInput, weights.cachedInput()))
            .add(weigh(output, weights.output()));
    if (weighted.signum() == 0) {
      return new Split(mean, mean, mean);
    }
    return new Split(
        price(mean, weights.input(), weighted),
        price(mean, weights.cachedInput(), weighted),
        price(mean, weights.output(), weighted));
  }

  private static BigInteger times(long tokens, Cpm price) {
    return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(price.microsPerMillion()));
  }

  private static BigInteger weigh(long tokens, long weight) {
    return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(weight));
  }

  private Cpm price(Cpm mean, long weight, BigInteger weighted) {
    return mean.scaled(total().multiply(BigInteger.valueOf(weight)), weighted);
  }
}
