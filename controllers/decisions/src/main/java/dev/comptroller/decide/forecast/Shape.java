package dev.comptroller.decide.forecast;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/// How money is best spread over the hours ahead: half evenly, half as the hours of the day used to
/// cost.
///
/// Half evenly, because history under a budget shows what was paid for, not what was wanted: an
/// hour that got little once must not get less and less.
public final class Shape {
  private final Season season;
  private final BigInteger mean;

  private Shape(Season season) {
    this.season = season;
    BigInteger sum = season.rates().stream().reduce(BigInteger.ZERO, BigInteger::add);
    this.mean = sum.divide(BigInteger.valueOf(season.rates().size()));
  }

  /// The shape that `history` shows at `now`; absent where a seasonal forecast is not possible, or
  /// nothing was spent.
  public static Optional<Shape> learn(List<HourSpend> history, ZoneId zone, Instant now) {
    return Season.learn(history, zone, now).map(Shape::new).filter(it -> it.mean.signum() > 0);
  }

  /// `whole * weight of now / mean weight from now until end`, rounded down: an even rate, bent.
  public long bend(long whole, Instant instant, Instant end) {
    Instant now = instant.truncatedTo(ChronoUnit.SECONDS);
    if (!now.isBefore(end)) {
      return whole;
    }
    BigInteger sum = BigInteger.ZERO;
    Instant cursor = now;
    while (cursor.isBefore(end)) {
      Instant next = HourSpend.floor(cursor).plusSeconds(HourSpend.SECONDS);
      Instant until = next.isBefore(end) ? next : end;
      long seconds = Duration.between(cursor, until).toSeconds();
      sum = sum.add(weight(cursor).multiply(BigInteger.valueOf(seconds)));
      cursor = until;
    }
    BigInteger time = BigInteger.valueOf(Duration.between(now, end).toSeconds());
    BigInteger bent = BigInteger.valueOf(whole).multiply(weight(now)).multiply(time).divide(sum);
    return bent.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact();
  }

  private BigInteger weight(Instant instant) {
    return mean.add(season.rateAt(instant)).max(BigInteger.ONE);
  }
}
