package dev.comptroller.decide.downgrade;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;

/// How long a change of rung takes, make before break: old and new replicas run side by side while
/// the new ones start and warm up and the old ones drain.
///
/// @param start until the new replicas run
/// @param warm until they are warm
/// @param drain until the old ones are gone
public record Transition(Duration start, Duration warm, Duration drain) {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);

  public Transition {
    if (start.isNegative() || warm.isNegative() || drain.isNegative()) {
      throw new IllegalArgumentException(
          "transition %s + %s + %s: need zero or more".formatted(start, warm, drain));
    }
  }

  /// Whether a change pays for itself.
  public sealed interface Verdict {
    /// What running both costs, rounded up.
    Money cost();

    /// What the new rung then saves before the period ends, rounded down.
    Money saving();

    /// The figures.
    String message();
  }

  /// It saves more than it costs.
  public record Worthwhile(Money cost, Money saving, String message) implements Verdict {}

  /// It costs as much as it saves, or more.
  public record Refused(Money cost, Money saving, String message) implements Verdict {}

  /// How long both run, in whole seconds, rounded up.
  public Duration overlap() {
    Duration exact = start.plus(warm).plus(drain);
    return Duration.ofSeconds(exact.plusNanos(999_999_999).toSeconds());
  }

  /// How long before its end a change has to begin: weights are read first, which takes no longer
  /// than a start.
  public Duration lead() {
    return overlap().plus(start);
  }

  /// What running the new rung beside the old one costs, rounded up: to be reserved before the
  /// change begins.
  public Money surge(HourlyRate to) {
    BigInteger micros = product(to.microsPerHour(), overlap().toSeconds());
    return new Money(micros.add(HOUR).subtract(BigInteger.ONE).divide(HOUR).longValueExact());
  }

  /// Judges a change to save money, with `rest` (whole seconds count) left of the period.
  public Verdict judge(HourlyRate from, HourlyRate to, Duration rest) {
    long after = Math.max(0, rest.toSeconds() - overlap().toSeconds());
    BigInteger saved = product(Math.max(0, from.microsPerHour() - to.microsPerHour()), after);
    BigInteger paid = product(to.microsPerHour(), overlap().toSeconds());
    Money cost = surge(to);
    Money saving = new Money(saved.divide(HOUR).longValueExact());
    String message =
        "running $%s/h and $%s/h side by side for %d s costs $%s and saves $%s in the %d s after"
            .formatted(from.print(2), to.print(2), overlap().toSeconds(), cost, saving, after);
    return saved.compareTo(paid) > 0
        ? new Worthwhile(cost, saving, message)
        : new Refused(cost, saving, message);
  }

  private static BigInteger product(long micros, long seconds) {
    return BigInteger.valueOf(micros).multiply(BigInteger.valueOf(seconds));
  }
}
