package dev.comptroller.metering;

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
  /// What is taken where nothing better is known: a token costs as much as reading 4,000 tokens of
  /// cache, about what a model of 700 channels does.
  public static final WorkCost USUAL = new WorkCost(4_000, 4_000, 1);

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
  public record Part(long sequence, long nanos) {}

  /// `gpuNanos` of a step divided over its sequences by largest remainder: the parts sum to it.
  ///
  /// Where no sequence did anything that counts, all get the same.
  ///
  /// @throws IllegalArgumentException if the step has time but no sequence
  public List<Part> split(long gpuNanos, List<StepWork> sequences) {
    long[] nanos =
        Apportion.byLargestRemainder(gpuNanos, sequences.stream().mapToLong(this::of).toArray());
    List<Part> parts = new ArrayList<>(nanos.length);
    for (int i = 0; i < nanos.length; i++) {
      parts.add(new Part(sequences.get(i).sequence(), nanos[i]));
    }
    return List.copyOf(parts);
  }

  /// The cost of a sequence's work.
  long of(StepWork work) {
    return Math.addExact(
        Math.addExact(
            Math.multiplyExact(prefillToken, work.prefillTokens()),
            Math.multiplyExact(decodeToken, work.decodeTokens())),
        Math.multiplyExact(kvToken, work.kvRead()));
  }
}
