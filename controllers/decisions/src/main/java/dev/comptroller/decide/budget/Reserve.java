package dev.comptroller.decide.budget;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;

/// The terminal reserve: what leaving costs at most, rounded up.
///
/// Seconds of it after the period's end are the next period's, and are held against that.
///
/// @param inPeriod the part in the present period
/// @param beyond the part in the next one
public record Reserve(Money inPeriod, Money beyond) {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);
  private static final BigInteger ROUND_UP = BigInteger.valueOf(3599);

  /// Nothing to leave.
  public static final Reserve NONE = new Reserve(Money.ZERO, Money.ZERO);

  /// What capacity of this rate costs from the whole second of `now` on, for `time`.
  public static Reserve of(HourlyRate highest, Duration time, Window window, Instant now) {
    long rest = Funds.rest(window, now);
    long inside = Math.min(rest, time.toSeconds());
    return new Reserve(cost(highest, inside), cost(highest, time.toSeconds() - inside));
  }

  /// The sum.
  public Reserve plus(Reserve other) {
    return new Reserve(inPeriod.plus(other.inPeriod), beyond.plus(other.beyond));
  }

  private static Money cost(HourlyRate rate, long seconds) {
    BigInteger product =
        BigInteger.valueOf(rate.microsPerHour()).multiply(BigInteger.valueOf(seconds));
    return new Money(product.add(ROUND_UP).divide(HOUR).longValueExact());
  }
}
