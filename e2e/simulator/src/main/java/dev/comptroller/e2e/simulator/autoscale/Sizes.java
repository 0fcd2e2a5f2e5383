package dev.comptroller.e2e.simulator.autoscale;

/// Token counts with a lognormal distribution, drawn from a table of its quantiles.
public final class Sizes {
  /// Context of Azure's conversations of 2023: mean 1,155, 99th percentile 4,142.
  public static final Sizes CONTEXT = new Sizes(1155, 4142);

  /// Generated tokens of Azure's conversations of 2023: mean 211, 99th percentile 601.
  public static final Sizes GENERATED = new Sizes(211, 601);

  private static final int PLACES = 1 << 13;
  private static final double Z99 = 2.3263478740408408;

  private final int[] table = new int[PLACES];
  private final double mean;

  private Sizes(double mean, double p99) {
    // p99 / mean = exp(z * sigma - sigma^2 / 2), the smaller root.
    double sigma = Z99 - Math.sqrt(Z99 * Z99 - 2 * Math.log(p99 / mean));
    double mu = Math.log(mean) - sigma * sigma / 2;
    double sum = 0;
    for (int i = 0; i < PLACES; i++) {
      double exact = Math.exp(mu + sigma * quantile((i + 0.5) / PLACES));
      table[i] = (int) Math.max(1, Math.round(exact));
      sum += table[i];
    }
    this.mean = sum / PLACES;
  }

  /// The count at 13 random bits.
  int of(int bits) {
    return table[bits & (PLACES - 1)];
  }

  /// The mean of all that can be drawn.
  public double mean() {
    return mean;
  }

  /// The largest that can be drawn.
  public int most() {
    return table[PLACES - 1];
  }

  /// The count that this part of all stay below.
  public int quantileOf(double part) {
    return table[(int) Math.min(PLACES - 1, part * PLACES)];
  }

  /// The standard normal quantile by halving of its distribution function.
  private static double quantile(double p) {
    double low = -9;
    double high = 9;
    for (int round = 0; round < 60; round++) {
      double middle = (low + high) / 2;
      if (normal(middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /// Zelen and Severo's approximation, error below 1e-7.
  private static double normal(double x) {
    double t = 1 / (1 + 0.2316419 * Math.abs(x));
    double tail =
        Math.exp(-x * x / 2)
            / Math.sqrt(2 * Math.PI)
            * t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return x >= 0 ? 1 - tail : tail;
  }
}
