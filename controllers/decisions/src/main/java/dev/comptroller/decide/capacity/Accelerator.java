package dev.comptroller.decide.capacity;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What a GPU product can do at best, by its data sheet.
///
/// @param name the short name, found in the product label
/// @param bytesPerSecond memory bandwidth
/// @param operationsPerSecond dense 16-bit operations
/// @param speedup8 how many times faster 8-bit operations are, 1 where they are not
/// @param speedup4 the same for 4-bit operations
/// @param memoryBytes memory
public record Accelerator(
    String name,
    long bytesPerSecond,
    long operationsPerSecond,
    int speedup8,
    int speedup4,
    long memoryBytes) {
  private static final long GB = 1_000_000_000L;
  private static final long TERA = 1_000_000_000_000L;

  private static final List<Accelerator> KNOWN =
      List.of(
          new Accelerator("GB300", 8_000 * GB, 2_500 * TERA, 2, 6, 279 * GB),
          new Accelerator("GB200", 8_000 * GB, 2_500 * TERA, 2, 4, 186 * GB),
          new Accelerator("GH200", 4_800 * GB, 989 * TERA, 2, 1, 141 * GB),
          new Accelerator("B300", 8_000 * GB, 2_250 * TERA, 2, 6, 270 * GB),
          new Accelerator("B200", 8_000 * GB, 2_250 * TERA, 2, 4, 180 * GB),
          new Accelerator("H200", 4_800 * GB, 989 * TERA, 2, 1, 141 * GB),
          new Accelerator("H100", 3_350 * GB, 989 * TERA, 2, 1, 80 * GB),
          new Accelerator("A100", 2_040 * GB, 312 * TERA, 1, 1, 80 * GB),
          new Accelerator("L40S", 864 * GB, 362 * TERA, 2, 1, 48 * GB),
          new Accelerator("A10G", 600 * GB, 70 * TERA, 1, 1, 24 * GB),
          new Accelerator("A10", 600 * GB, 125 * TERA, 1, 1, 24 * GB),
          new Accelerator("L4", 300 * GB, 121 * TERA, 2, 1, 24 * GB),
          new Accelerator("T4", 320 * GB, 65 * TERA, 1, 1, 16 * GB));

  /// The GPU in a product label such as `NVIDIA-H100-80GB-HBM3`.
  public static Optional<Accelerator> named(String product) {
    List<String> words = List.of(product.toUpperCase(Locale.ROOT).split("[^A-Z0-9]+", -1));
    return KNOWN.stream().filter(known -> words.contains(known.name())).findFirst();
  }

  /// Operations a second on weights of this quantization: those that a GPU computes with as they
  /// are, others in 16 bits.
  double operationsPerSecond(Quantization quantization) {
    int speedup =
        switch (quantization.name()) {
          case "FP8", "INT8", "W8A8" -> speedup8;
          case "NVFP4", "MXFP4" -> speedup4;
          default -> 1;
        };
    return (double) operationsPerSecond * speedup;
  }
}
