package dev.comptroller.decide.fleet;

import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/// One rung of the ladder: a concrete way to serve a model deployment.
///
/// @param name unique in its deployment
/// @param pool name of the pool whose nodes run it
/// @param gpus GPUs of one replica, 1 or more
/// @param quality the owner's figure, larger is better
/// @param parameters weights of the model; 0 if not declared
/// @param quantization llama.cpp's or vLLM's name, such as `Q4_K_M`; empty if not declared
/// @param maxSequences how many sequences a replica computes at once
/// @param throughput declared tokens a second of one replica
/// @param price declared prices of token classes
/// @param targetUtilization percent of the throughput that a derived price assumes, 1 to 100
public record Variant(
    String name,
    String pool,
    int gpus,
    BigDecimal quality,
    long parameters,
    String quantization,
    int maxSequences,
    @Nullable TokensPerSecond throughput,
    @Nullable DeclaredPrice price,
    int targetUtilization) {
  public Variant {
    if (gpus < 1) {
      throw new IllegalArgumentException(
          "gpus of variant %s is %d, not 1 or more".formatted(name, gpus));
    }
    if (maxSequences < 1) {
      throw new IllegalArgumentException(
          "batching.maxSequences of variant %s is %d, not 1 or more".formatted(name, maxSequences));
    }
    if (targetUtilization < 1 || targetUtilization > 100) {
      throw new IllegalArgumentException(
          "targetUtilization of variant %s is %d percent, not 1 to 100"
              .formatted(name, targetUtilization));
    }
  }

  /// Prices that the owner set, per million tokens.
  public record DeclaredPrice(Cpm input, Cpm cachedInput, Cpm output) {}
}
