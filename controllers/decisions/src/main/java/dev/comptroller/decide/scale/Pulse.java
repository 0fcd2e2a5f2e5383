package dev.comptroller.decide.scale;

import java.util.Arrays;
import java.util.List;

/// How a demand swings while a minute lasts: jobs that begin with every minute fill a part of it
/// and leave the rest empty, and whole minutes, which is what demand is counted in, are all alike.
///
/// A quarter of the minute counts by its share of the requests in the median of the minutes, so
/// that what does not come every minute is left out. Three standard errors of that median are taken
/// for chance.
///
/// @param times how many times as much is asked for in the busiest quarter as in the whole minute:
///   1 to 4, in whole hundredths where it was measured; 1 as well where too little is known
public record Pulse(double times) {
  /// It comes evenly, or too little is known.
  public static final Pulse EVEN = new Pulse(1);

  /// Minutes that tell it; older ones are not needed.
  public static final int MINUTES = 60;

  /// Minutes that must be known to tell it.
  public static final int LEAST_MINUTES = 20;

  private static final int QUARTERS = 4;

  /// Requests in a minute that tells anything.
  private static final double LEAST_REQUESTS = 4;

  private static final double CHANCE = 3;

  private static final double HUNDRED = 100;
  private static final double EXACT = 1e-9;

  /// The standard error of a median by that of a mean.
  private static final double OF_MEDIAN = 1.2533;

  public Pulse {
    if (!(times >= 1 && times <= QUARTERS)) {
      throw new IllegalArgumentException("times is %s, not 1 to 4".formatted(times));
    }
  }

  /// How many requests came in each quarter of a minute.
  public record Minute(double first, double second, double third, double fourth) {
    private double total() {
      return first + second + third + fourth;
    }

    private double share(int quarter) {
      double count =
          switch (quarter) {
            case 0 -> first;
            case 1 -> second;
            case 2 -> third;
            default -> fourth;
          };
      return count / total();
    }
  }

  /// What minutes tell.
  public static Pulse of(List<Minute> minutes) {
    List<Minute> telling =
        minutes.stream().filter(minute -> minute.total() >= LEAST_REQUESTS).toList();
    if (telling.size() < LEAST_MINUTES) {
      return EVEN;
    }
    double most = 0;
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
      int of = quarter;
      double[] shares = telling.stream().mapToDouble(minute -> minute.share(of)).toArray();
      double usual = median(shares);
      double[] off = Arrays.stream(shares).map(share -> Math.abs(share - usual)).toArray();
      double error = Scatter.BY_MEDIAN * OF_MEDIAN * median(off) / Math.sqrt(shares.length);
      most = Math.max(most, usual - CHANCE * error);
    }
    double times = Math.floor(HUNDRED * QUARTERS * most + EXACT) / HUNDRED;
    return new Pulse(Math.clamp(times, 1, QUARTERS));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
