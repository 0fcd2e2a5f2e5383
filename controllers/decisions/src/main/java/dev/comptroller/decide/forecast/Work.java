package dev.comptroller.decide.forecast;

import java.time.Instant;

/// What the demand of each hour of the day takes, and how much it swings while the hour lasts. In
/// thousandths of GPUs, before they are rounded up to replicas.
///
/// @param mean what it takes on average; hours in which it was not measured are absent
/// @param swing how far it is off that on average, of the same hours
public record Work(Needs mean, Needs swing) {
  /// Nothing seen yet.
  public static final Work NONE = new Work(Needs.NONE, Needs.NONE);

  private static final long HUNDRED = 100;

  /// Percent of their mean by which hours that differ are off it at least, on average.
  private static final long DIFFERENT = 15;

  /// Percent of what they take by which demand swings at most within hours that are even.
  private static final long EVEN = 10;

  /// How many times as far as within an hour demand is off its mean at least from hour to hour.
  private static final long CLEARLY = 2;

  /// Hours after which it is known how much demand swings within one.
  private static final int FEW = 2;

  /// This with `milliGpus` as seen at `now`.
  public Work seen(long milliGpus, Instant now) {
    long off = Math.abs(milliGpus - mean.at(now).orElse(milliGpus));
    return new Work(mean.seen(milliGpus, now), swing.seen(off, now));
  }

  /// Whether an hour's mean tells what is worth spending in it: demand hardly swings while one
  /// lasts, or hours differ by far more than it does.
  public boolean isTelling() {
    return differs() || isEven();
  }

  /// Whether hours differ by far more than demand swings while one lasts.
  public boolean differs() {
    long all = mean.sum();
    long between = mean.differences();
    return HUNDRED * between >= DIFFERENT * all && between > CLEARLY * swing.sum();
  }

  /// Whether demand hardly swings while an hour lasts.
  private boolean isEven() {
    return mean.known() >= FEW && mean.sum() > 0 && HUNDRED * swing.sum() <= EVEN * mean.sum();
  }
}
