package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.capacity.Accelerator;
import dev.comptroller.decide.capacity.ModelShape;
import dev.comptroller.decide.capacity.Physics;
import dev.comptroller.decide.capacity.Physics.Hardware;
import dev.comptroller.decide.capacity.Quantization;
import dev.comptroller.decide.capacity.Sizing;
import dev.comptroller.decide.capacity.Sizing.Limits;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.StepCost;
import dev.comptroller.decide.capacity.Workload;

/// What one replica is: how long its steps take, what it can hold, what it costs.
///
/// @param cost seconds of a step
/// @param limits sequences at once, tokens of a step, tokens of the cache
/// @param maxQueued requests that may wait in it; the next one is refused
/// @param microsPerHour its price, from the moment it is asked for until it has left
/// @param startSeconds from that moment until it serves: node, image, weights, warming
public record Machine(
    StepCost cost, Limits limits, int maxQueued, long microsPerHour, int startSeconds) {
  /// A 70B model in 16 bits on eight H100s at $19 an hour; its steps take what [Physics] says,
  /// times the factor that makes 64 sequences of `mix` come to 2,800 tokens of answers a second.
  public static Machine seventyBillion(Workload mix, int startSeconds, int maxQueued) {
    Hardware hardware = new Hardware(Accelerator.named("H100").orElseThrow(), 8);
    ModelShape model = ModelShape.dense(70_000_000_000L, Quantization.named("BF16").orElseThrow());
    Limits limits = new Limits(64, 2048, hardware.kvTokens(model));
    StepCost raw = Physics.CALIBRATED.stepCost(hardware, model);
    double by = limits.maxSequences() / 2_800.0 / raw.seconds(64, mix, limits.maxBatchedTokens());
    StepCost cost =
        new StepCost(
            raw.fixed() * by,
            raw.perRootSequence() * by,
            raw.perToken() * by,
            raw.perKvToken() * by);
    return new Machine(cost, limits, maxQueued, 19_000_000, startSeconds);
  }

  public Machine {
    if (maxQueued < 1 || microsPerHour < 1 || startSeconds < 0) {
      throw new IllegalArgumentException(
          "maxQueued %d, microsPerHour %d, startSeconds %d: need 1, 1 and 0 or more"
              .formatted(maxQueued, microsPerHour, startSeconds));
    }
  }

  /// Requests a second with all sequences taken: more than that no replica serves for long.
  public double fullRate(Workload mix) {
    double step = cost.seconds(limits.maxSequences(), mix, limits.maxBatchedTokens());
    return limits.maxSequences() / step / mix.outputTokens();
  }

  /// The largest rate at which one replica by itself keeps what is promised, arrivals
  /// memoryless.
  public Sizing.SafeRate safeRate(Workload mix, Slo slo) {
    return Sizing.largestRate(cost, limits, mix, slo);
  }
}
