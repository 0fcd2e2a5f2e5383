package dev.comptroller.decide.forecast;

import dev.comptroller.decide.budget.Forecast;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A forecast with what it is worth.
///
/// Seasonal by hour of day where two whole days of history end with the last closed hour; the rest
/// of the present hour goes on at the present burn rate. Else linear, without a band. It forecasts
/// what was, so it does not know of a change made a moment ago until days later.
///
/// Where it is known what hours need, the band is made from how far such forecasts would have been
/// off on past days ([Misses]); where no days tell, there is none, and the basis says so.
///
/// @param forecast the figures, and the model that made them
/// @param range where the true figure lies about four of five times; absent where nothing tells
/// @param basis which model was used, from what, and why not the other
public record Outlook(Forecast forecast, @Nullable Band range, String basis) {
  private static final BigInteger HOUR = BigInteger.valueOf(HourSpend.SECONDS);

  /// A range of dollars at the period's end.
  ///
  /// @param low never less than is spent already
  /// @param high its other end
  public record Band(Money low, Money high) {}

  /// The band, if there is one.
  public Optional<Band> band() {
    return Optional.ofNullable(range);
  }

  /// The outlook of a budget at the whole second of `instant`.
  ///
  /// @param history closed hours in any order, none twice
  /// @param zone the budget's time zone, whose hours of the day count
  public static Outlook of(
      List<HourSpend> history,
      ZoneId zone,
      Window window,
      Money amount,
      Money spent,
      HourlyRate burnRate,
      Instant instant) {
    Instant now = instant.truncatedTo(ChronoUnit.SECONDS);
    Optional<Season> season = Season.learn(history, zone, now);
    if (season.isEmpty()) {
      String basis =
          ("Linear: $%s/h until the end; %d of %d hours of history that a seasonal forecast"
                  + " needs, and a band with it")
              .formatted(
                  burnRate.print(2), Season.hoursKnown(history, now), Season.DAYS_NEEDED * 24);
      Forecast linear = Forecast.linear(spent, burnRate, amount, window, now);
      return new Outlook(linear, null, basis);
    }
    return seasonal(season.get(), window, amount, spent, burnRate, now);
  }

  /// The outlook where it is known what the hours of the day need: what runs now goes on, more or
  /// less of it as the hours need more or less than the present one.
  ///
  /// @param history closed hours in any order, none twice
  /// @param needs what they need
  /// @param known of how many of them that is known, at least one; it is seasonal if all are
  /// @param need what the present needs, more than zero
  public static Outlook byNeed(
      List<HourSpend> history,
      Needs needs,
      int known,
      long need,
      Window window,
      Money amount,
      Money spent,
      HourlyRate burnRate,
      Instant instant) {
    Instant now = instant.truncatedTo(ChronoUnit.SECONDS);
    Forecast.Model model = known == Needs.HOURS ? Forecast.Model.Seasonal : Forecast.Model.Linear;
    Needs.Curve curve = needs.curve(need, burnRate);
    Forecast forecast = walk(model, curve::rateAt, window, amount, spent, burnRate, now);
    String basis =
        "%s: $%s/h now, as much more or less later as the hours of the day need; %d of 24 known%s"
            .formatted(
                model,
                burnRate.print(2),
                known,
                known == Needs.HOURS ? "" : ", and seasonal from 24 on");
    Misses misses = Misses.learn(history, needs.hours(need), now, window.end());
    if (misses.ahead() == 0) {
      return new Outlook(forecast, null, basis + "; no band: 0 hours follow the present one");
    }
    if (!misses.isTelling()) {
      return new Outlook(
          forecast,
          null,
          "%s; no band: %d of %d past days tell how far off that is"
              .formatted(basis, misses.days(), Misses.NEEDED));
    }
    Band band = band(forecast.atEnd(), misses.halfWidth(), spent);
    return new Outlook(
        forecast,
        band,
        "%s; $%s to $%s at the end in 80 %% of cases, as far as %d past days were off"
            .formatted(basis, band.low().print(2), band.high().print(2), misses.days()));
  }

  private static Band band(Money atEnd, BigInteger halfWidth, Money spent) {
    Money off = new Money(halfWidth.longValueExact());
    return new Band(atEnd.minus(off).max(spent), atEnd.plus(off));
  }

  private static Outlook seasonal(
      Season season, Window window, Money amount, Money spent, HourlyRate burnRate, Instant now) {
    Forecast forecast =
        walk(Forecast.Model.Seasonal, season::rateAt, window, amount, spent, burnRate, now);
    // By whole hours, as the forecast itself: nothing moves while nothing runs.
    Duration rest =
        now.isBefore(window.end())
            ? Duration.between(HourSpend.floor(now), window.end())
            : Duration.ZERO;
    Band band = band(forecast.atEnd(), season.halfWidth(rest), spent);
    String basis =
        "Seasonal: %d days by hour of day; $%s to $%s at the end in 80 %% of cases"
            .formatted(season.days(), band.low().print(2), band.high().print(2));
    return new Outlook(forecast, band, basis);
  }

  /// The forecast of a burn rate that holds until this hour ends, and then is what `rateAt` says.
  private static Forecast walk(
      Forecast.Model model,
      Function<Instant, BigInteger> rateAt,
      Window window,
      Money amount,
      Money spent,
      HourlyRate burnRate,
      Instant now) {
    BigInteger limit = BigInteger.valueOf(amount.minus(spent).micros()).multiply(HOUR);
    BigInteger sum = BigInteger.ZERO;
    @Nullable Instant exhaustion = limit.signum() <= 0 ? now : null;
    BigInteger rate = BigInteger.valueOf(burnRate.microsPerHour());
    Instant cursor = now;
    while (cursor.isBefore(window.end())) {
      Instant next = HourSpend.next(cursor);
      Instant end = next.isBefore(window.end()) ? next : window.end();
      BigInteger part =
          rate.multiply(BigInteger.valueOf(Duration.between(cursor, end).toSeconds()));
      if (exhaustion == null && sum.add(part).compareTo(limit) >= 0) {
        BigInteger missing = limit.subtract(sum);
        BigInteger seconds = missing.add(rate).subtract(BigInteger.ONE).divide(rate);
        exhaustion = cursor.plusSeconds(seconds.longValueExact());
      }
      sum = sum.add(part);
      cursor = end;
      rate = rateAt.apply(cursor);
    }
    return new Forecast(model, spent.plus(Money.ofMicros(sum, HOUR)), exhaustion);
  }
}
