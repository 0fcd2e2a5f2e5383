package dev.comptroller.decide.capacity;

import dev.comptroller.decide.units.Cpm;
import java.math.BigInteger;

/// How traffic divides over token classes, and so how a mean price does.
///
/// An input token counts 1, a cached input token 1/10 and an output token 4: reading a prompt is
/// parallel, writing an answer is not. With those weights the traffic-weighted mean of the split
/// prices is the mean price again, up to the rounding of each.
///
/// @param input tokens computed from prompts
/// @param cachedInput tokens of prompts that were cached
/// @param output tokens produced
public record TokenMix(long input, long cachedInput, long output) {
  /// What is assumed before there is traffic: three tokens in for each token out, none cached.
  public static final TokenMix ASSUMED = new TokenMix(3, 0, 1);

  private static final long INPUT_WEIGHT = 10;
  private static final long CACHED_WEIGHT = 1;
  private static final long OUTPUT_WEIGHT = 40;

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

  /// The prices whose mean over this mix is `mean`.
  public Split split(Cpm mean) {
    BigInteger total =
        BigInteger.valueOf(input)
            .add(BigInteger.valueOf(cachedInput))
            .add(BigInteger.valueOf(output));
    BigInteger weighted =
        weigh(input, INPUT_WEIGHT)
            .add(weigh(cachedInput, CACHED_WEIGHT))
            .add(weigh(output, OUTPUT_WEIGHT));
    return new Split(
        price(mean, INPUT_WEIGHT, total, weighted),
        price(mean, CACHED_WEIGHT, total, weighted),
        price(mean, OUTPUT_WEIGHT, total, weighted));
  }

  private static BigInteger weigh(long tokens, long weight) {
    return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(weight));
  }

  private static Cpm price(Cpm mean, long weight, BigInteger total, BigInteger weighted) {
    return mean.scaled(total.multiply(BigInteger.valueOf(weight)), weighted);
  }
}
