package dev.comptroller.decide.capacity;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// How many bits a weight takes, by the name of its quantization.
///
/// @param name the name, in upper case
/// @param milliBits thousandths of a bit per weight, scales included, averaged over the tensors
public record Quantization(String name, int milliBits) {
  private static final Map<String, Integer> KNOWN =
      Map.ofEntries(
          Map.entry("F32", 32_000),
          Map.entry("F16", 16_000),
          Map.entry("BF16", 16_000),
          Map.entry("Q8_0", 8_500),
          Map.entry("Q6_K", 6_563),
          Map.entry("Q5_0", 5_500),
          Map.entry("Q5_1", 6_000),
          Map.entry("Q5_K_S", 5_520),
          Map.entry("Q5_K_M", 5_680),
          Map.entry("Q4_0", 4_500),
          Map.entry("Q4_1", 5_000),
          Map.entry("Q4_K_S", 4_580),
          Map.entry("Q4_K_M", 4_850),
          Map.entry("IQ4_NL", 4_500),
          Map.entry("IQ4_XS", 4_250),
          Map.entry("Q3_K_S", 3_500),
          Map.entry("Q3_K_M", 3_910),
          Map.entry("Q3_K_L", 4_270),
          Map.entry("IQ3_M", 3_660),
          Map.entry("IQ3_S", 3_440),
          Map.entry("Q2_K", 3_350),
          Map.entry("IQ2_M", 2_700),
          Map.entry("TQ2_0", 2_060),
          Map.entry("TQ1_0", 1_690),
          Map.entry("FP8", 8_000),
          Map.entry("INT8", 8_000),
          Map.entry("W8A8", 8_000),
          Map.entry("AWQ", 4_250),
          Map.entry("GPTQ", 4_250),
          Map.entry("INT4", 4_250),
          Map.entry("MXFP4", 4_250),
          Map.entry("NVFP4", 4_500));

  /// The quantization of this name; absent if its bits are not known.
  public static Optional<Quantization> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Optional.ofNullable(KNOWN.get(upper)).map(bits -> new Quantization(upper, bits));
  }

  /// Bytes of this many weights.
  BigInteger bytes(long parameters) {
    return BigInteger.valueOf(parameters)
        .multiply(BigInteger.valueOf(milliBits))
        .divide(BigInteger.valueOf(8_000));
  }
}
