package dev.comptroller.decide.capacity;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What a GPU product can do at best, by its data sheet.
///
/// @param name the short name, found in the product label
/// @param bytesPerSecond memory bandwidth
/// @param operationsPerSecond dense 16-bit operations
public record Accelerator(String name, long bytesPerSecond, long operationsPerSecond) {
  private static final long GB = 1_000_000_000L;
  private static final long TERA = 1_000_000_000_000L;

  // Longer names first: "L40S" before "L4".
  private static final List<Accelerator> KNOWN =
      List.of(
          new Accelerator("GH200", 4_800 * GB, 989 * TERA),
          new Accelerator("B200", 8_000 * GB, 2_250 * TERA),
          new Accelerator("H200", 4_800 * GB, 989 * TERA),
          new Accelerator("H100", 3_350 * GB, 989 * TERA),
          new Accelerator("A100", 2_040 * GB, 312 * TERA),
          new Accelerator("L40S", 864 * GB, 362 * TERA),
          new Accelerator("A10G", 600 * GB, 70 * TERA),
          new Accelerator("A10", 600 * GB, 125 * TERA),
          new Accelerator("L4", 300 * GB, 121 * TERA),
          new Accelerator("T4", 320 * GB, 65 * TERA));

  /// The GPU in a product label such as `NVIDIA-H100-80GB-HBM3`.
  public static Optional<Accelerator> named(String product) {
    List<String> words = List.of(product.toUpperCase(Locale.ROOT).split("[^A-Z0-9]+", -1));
    return KNOWN.stream().filter(known -> words.contains(known.name())).findFirst();
  }
}
