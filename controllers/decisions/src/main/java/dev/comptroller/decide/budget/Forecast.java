package dev.comptroller.decide.budget;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a period will have cost at its end, and when its amount runs out.
///
/// @param model how it was made
/// @param atEnd dollars at the period's end
/// @param exhaustion when spent reaches the amount at the present burn rate: the present if it has,
///   absent if it does not before the period ends
public record Forecast(Model model, Money atEnd, @Nullable Instant exhaustion) {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);

  /// How a forecast was made.
  public enum Model {
    /// Spent + the present burn rate until the end.
    Linear,
    /// Spent + what each hour of the day used to cost, until the end.
    Seasonal
  }

  /// The instant of exhaustion, if there is one in the period.
  public Optional<Instant> exhaustsAt() {
    return Optional.ofNullable(exhaustion);
  }

  /// The linear forecast for `window` as seen at the whole second of `instant`.
  public static Forecast linear(
      Money spent, HourlyRate burnRate, Money amount, Window window, Instant instant) {
    Instant now = instant.truncatedTo(ChronoUnit.SECONDS);
    Duration rest =
        now.isBefore(window.end()) ? Duration.between(now, window.end()) : Duration.ZERO;
    Money atEnd = spent.plus(burnRate.over(rest));
    return new Forecast(Model.Linear, atEnd, exhaustion(spent, burnRate, amount, rest, now));
  }

  private static @Nullable Instant exhaustion(
      Money spent, HourlyRate burnRate, Money amount, Duration rest, Instant now) {
    if (!amount.isMoreThan(spent)) {
      return now;
    }
    if (burnRate.microsPerHour() == 0) {
      return null;
    }
    BigInteger left = BigInteger.valueOf(amount.minus(spent).micros()).multiply(HOUR);
    BigInteger rate = BigInteger.valueOf(burnRate.microsPerHour());
    BigInteger seconds = left.add(rate).subtract(BigInteger.ONE).divide(rate);
    return seconds.compareTo(BigInteger.valueOf(rest.toSeconds())) > 0
        ? null
        : now.plusSeconds(seconds.longValueExact());
  }
}
