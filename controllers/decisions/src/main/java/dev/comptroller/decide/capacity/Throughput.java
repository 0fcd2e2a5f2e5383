package dev.comptroller.decide.capacity;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigInteger;
import java.util.Optional;

/// How many tokens a second one replica of a variant can compute.
public sealed interface Throughput {
  /// It was measured.
  record Measured(TokensPerSecond rate) implements Throughput {}

  /// The owner declared it.
  record Declared(TokensPerSecond rate) implements Throughput {}

  /// Estimated from the GPU's memory bandwidth and arithmetic, not measured.
  ///
  /// @param rate the estimate
  /// @param basis the figures that it was made from
  record Estimated(TokensPerSecond rate, String basis) implements Throughput {}

  /// Nothing to go by.
  ///
  /// @param reason CamelCase
  /// @param message what is missing and which field to set
  record Unknown(String reason, String message) implements Throughput {}

  /// The rate, if there is one.
  default Optional<TokensPerSecond> speed() {
    return switch (this) {
      case Measured(var rate) -> Optional.of(rate);
      case Declared(var rate) -> Optional.of(rate);
      case Estimated(var rate, _) -> Optional.of(rate);
      case Unknown(_, _) -> Optional.empty();
    };
  }

  /// What is known of a variant on GPUs of `product`: declared, else a physical first estimate.
  ///
  /// The estimate is a rough roofline for decoding with a full batch. A step reads all weights once
  /// (`parameters * bits per weight / 8` bytes over the bandwidth of the replica's GPUs) and
  /// computes two operations per weight and sequence; it takes the longer of the two times and
  /// yields one token per sequence. Half of that is taken, because cache reads, communication and
  /// scheduling are left out. It says what order of magnitude to expect and is replaced by
  /// measurement.
  static Throughput of(Variant variant, String product) {
    if (variant.throughput() != null) {
      return new Declared(variant.throughput());
    }
    if (variant.parameters() <= 0) {
      return unknown(variant, "model.parameters is not declared");
    }
    if (variant.quantization().isEmpty()) {
      return unknown(variant, "model.quantization is not declared");
    }
    Optional<Quantization> quantization = Quantization.named(variant.quantization());
    if (quantization.isEmpty()) {
      return unknown(
          variant,
          "bits per weight of quantization %s are not known".formatted(variant.quantization()));
    }
    Optional<Accelerator> accelerator = Accelerator.named(product);
    if (accelerator.isEmpty()) {
      return unknown(variant, "memory bandwidth of GPU product %s is not known".formatted(product));
    }
    return estimate(variant, quantization.get(), accelerator.get());
  }

  private static Throughput unknown(Variant variant, String why) {
    return new Unknown(
        "ThroughputUnknown",
        "%s: set throughput of variant %s (tokens per second of one replica)"
            .formatted(why, variant.name()));
  }

  private static Throughput estimate(
      Variant variant, Quantization quantization, Accelerator accelerator) {
    BigInteger picos = BigInteger.valueOf(1_000_000_000_000L);
    BigInteger gpus = BigInteger.valueOf(variant.gpus());
    BigInteger bytes = quantization.bytes(variant.parameters());
    BigInteger reading =
        bytes
            .multiply(picos)
            .divide(BigInteger.valueOf(accelerator.bytesPerSecond()).multiply(gpus));
    BigInteger operations =
        BigInteger.valueOf(variant.parameters())
            .multiply(BigInteger.valueOf(2L * variant.maxSequences()));
    BigInteger computing =
        operations
            .multiply(picos)
            .divide(BigInteger.valueOf(accelerator.operationsPerSecond()).multiply(gpus));
    BigInteger step = reading.max(computing).max(BigInteger.ONE);
    BigInteger thousandths =
        BigInteger.valueOf(variant.maxSequences() * 1000L)
            .multiply(picos)
            .divide(step.shiftLeft(1));
    String basis =
        "estimate, not measured: %s bytes of weights, %d x %s, %d sequences, half the roofline"
            .formatted(bytes, variant.gpus(), accelerator.name(), variant.maxSequences());
    return new Estimated(new TokensPerSecond(thousandths.longValueExact()), basis);
  }
}
