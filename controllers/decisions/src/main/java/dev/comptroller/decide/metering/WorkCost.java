package dev.comptroller.decide.metering;

import dev.comptroller.decide.units.Apportion;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// How long a unit of each kind of work takes a GPU, in any common unit: only ratios count.
///
/// What a step costs however little is in it - weights are read once for all - is divided like the
/// rest: in proportion to work.
///
/// @param prefillToken cost of a prompt token
/// @param decodeToken cost of an answer token
/// @param kvToken cost of reading one token of cache
public record WorkCost(long prefillToken, long decodeToken, long kvToken) {
  public WorkCost {
    if (prefillToken < 0 || decodeToken < 0 || kvToken < 0) {
      throw new IllegalArgumentException(
          "work costs %d:%d:%d: need zero or more".formatted(prefillToken, decodeToken, kvToken));
    }
  }

  /// A sequence's part of a step.
  ///
  /// @param sequence the sequence
  /// @param nanos its GPU-nanoseconds
  public record Part(String sequence, long nanos) {}

  /// `gpuNanos` of a step divided over its sequences by largest remainder: the parts sum to it.
  ///
  /// Where no sequence did anything that counts, all get the same.
  ///
  /// @throws IllegalArgumentException if the step has time but no sequence
  public List<Part> split(long gpuNanos, List<StepWork> sequences) {
    List<Long> nanos =
        Apportion.byLargestRemainder(gpuNanos, sequences.stream().map(this::of).toList());
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < nanos.size(); i++) {
      parts.add(new Part(sequences.get(i).sequence(), nanos.get(i)));
    }
    return List.copyOf(parts);
  }

  /// The cost of a sequence's work.
  BigInteger of(StepWork work) {
    return product(prefillToken, work.prefillTokens())
        .add(product(decodeToken, work.decodeTokens()))
        .add(product(kvToken, work.kvRead()));
  }

  private static BigInteger product(long left, long right) {
    return BigInteger.valueOf(left).multiply(BigInteger.valueOf(right));
  }
}
