package dev.comptroller.e2e.simulator.world;

import java.util.SplittableRandom;

/// Chance from a seed: one stream for each concern, so that more of one fault does not change when
/// another strikes.
public final class Chance {
  private final SplittableRandom random;

  private Chance(SplittableRandom random) {
    this.random = random;
  }

  /// The stream of a concern.
  public static Chance of(long seed, String concern) {
    long mixed = seed;
    for (int i = 0; i < concern.length(); i++) {
      mixed = mixed * 0x9E3779B97F4A7C15L + concern.charAt(i);
    }
    return new Chance(new SplittableRandom(mixed));
  }

  /// True with this probability.
  public boolean happens(double probability) {
    return random.nextDouble() < probability;
  }

  /// A whole number from `low` to `high`, both included.
  public long between(long low, long high) {
    return high <= low ? low : random.nextLong(low, high + 1);
  }

  /// Whole seconds until the next event of a memoryless process, 1 or more.
  public long gap(double meanSeconds) {
    return 1 + (long) (-Math.log(1 - random.nextDouble()) * meanSeconds);
  }

  /// A number from 0 to 1, 1 excluded.
  public double unit() {
    return random.nextDouble();
  }
}
