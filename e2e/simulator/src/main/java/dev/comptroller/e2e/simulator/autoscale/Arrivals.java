package dev.comptroller.e2e.simulator.autoscale;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Requests that come, window by window, the same every time a window is asked for.
///
/// A gamma renewal process in the time of its own rate: gaps have mean 1 and a coefficient of
/// variation (1: Poisson), and are stretched by the rate of the moment. It starts anew with each
/// window. Lengths are drawn apart from it and from each other.
///
/// @param rates requests a second
/// @param variation coefficient of variation of the gaps
/// @param deferrable part of the requests that may wait for hours
/// @param seed of chance
public record Arrivals(Rates rates, double variation, double deferrable, long seed) {
  private static final int BITS = 13;

  public Arrivals {
    if (!(variation > 0 && variation <= 10)) {
      throw new IllegalArgumentException(
          "burstiness %s: give a coefficient of variation above 0, up to 10".formatted(variation));
    }
    if (!(deferrable >= 0 && deferrable < 1)) {
      throw new IllegalArgumentException(
          "deferrable %s: give a part from 0 to below 1".formatted(deferrable));
    }
  }

  /// The requests of one window, in order.
  ///
  /// @param count how many; the arrays may be longer
  /// @param at seconds since the start
  /// @param input tokens of the prompt
  /// @param output tokens of the answer, 1 or more
  /// @param batch whether it may wait
  @SuppressWarnings("ArrayRecordComponent")
  public record Chunk(int count, double[] at, int[] input, int[] output, boolean[] batch) {}

  /// The requests of window `index`.
  public Chunk window(int index) {
    SplittableRandom gaps = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 2L * index);
    SplittableRandom lengths = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 2L * index + 1);
    double expected = rates.mean(index) * rates.windowSeconds();
    double[] at = new double[(int) (expected + 10 * variation * Math.sqrt(expected) + 64)];
    int count = 0;
    double gap = gap(gaps);
    double start = (double) index * rates.windowSeconds();
    for (int cell = 0; cell < rates.cells(); cell++) {
      double from = start + cell * rates.cellSeconds();
      double rate = rates.cell(index, cell);
      double length = rate * rates.cellSeconds();
      double used = 0;
      while (used + gap < length) {
        used += gap;
        if (count == at.length) {
          at = Arrays.copyOf(at, 2 * count);
        }
        at[count++] = from + used / rate;
        gap = gap(gaps);
      }
      gap -= length - used;
    }
    return sized(lengths, count, at);
  }

  private Chunk sized(SplittableRandom lengths, int count, double[] at) {
    int[] input = new int[count];
    int[] output = new int[count];
    boolean[] batch = new boolean[count];
    long limit = (long) (deferrable * (1L << 32));
    for (int i = 0; i < count; i++) {
      long bits = lengths.nextLong();
      input[i] = Sizes.CONTEXT.of((int) bits);
      output[i] = Sizes.GENERATED.of((int) (bits >>> BITS));
      batch[i] = bits >>> 32 < limit;
    }
    return new Chunk(count, at, input, output, batch);
  }

  private double gap(SplittableRandom random) {
    if (variation == 1) {
      return -Math.log(1 - random.nextDouble());
    }
    double shape = 1 / (variation * variation);
    return gamma(random, shape) / shape;
  }

  /// Marsaglia and Tsang's method; below 1 the shape is raised by one and taken back by a power.
  private static double gamma(SplittableRandom random, double shape) {
    if (shape < 1) {
      return gamma(random, shape + 1) * Math.pow(1 - random.nextDouble(), 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double v = 1 + c * x;
      if (v <= 0) {
        continue;
      }
      v = v * v * v;
      double u = 1 - random.nextDouble();
      if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }
}
