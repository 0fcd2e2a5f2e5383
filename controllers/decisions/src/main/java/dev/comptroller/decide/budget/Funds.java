package dev.comptroller.decide.budget;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// What a namespace may still spend at an instant: the third inequality, and what follows from it.
///
/// `spent + charges + X <= amount`, where the reserve X is what leaving costs at the highest price
/// in force. Why it is enough to keep it at every look: until the next look capacity costs at most
/// its highest rate times the control interval; if the inequality would then no longer hold,
/// leaving at once costs at most the rest of X, which the look before had left untouched. A plan
/// that passes [#permits] keeps it until the period ends without leaving anybody.
///
/// Everything is rounded against the spender: money left and instants down, reserves up. A price
/// that rises above every price declared for its pool is not in X; it costs at most its rise times
/// control interval, drain and teardown.
///
/// @param position where the money stands
/// @param leaving how long leaving takes
/// @param now the present, in whole seconds
public record Funds(Position position, Leaving leaving, Instant now) {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);

  public Funds {
    now = now.truncatedTo(ChronoUnit.SECONDS);
  }

  /// What it would cost at most to leave with `running` from now on.
  public Reserve reserve(Exposure running) {
    return Reserve.of(running.highest(), leaving.total(), position.window(), now);
  }

  /// Whether the inequality holds with this reserve, in this period and in the next.
  public boolean holds(Reserve reserve) {
    return !reserve.inPeriod().isMoreThan(position.left())
        && !reserve.beyond().isMoreThan(position.amount());
  }

  /// Whether `plan` may run from now on, beside capacity that is already leaving.
  ///
  /// True if the inequality holds now and, at the present prices of the plan, until the period
  /// ends.
  public boolean permits(Exposure plan, Reserve alreadyLeaving) {
    BigInteger money =
        BigInteger.valueOf(position.left().minus(alreadyLeaving.inPeriod()).micros())
            .multiply(HOUR);
    long last = lastSeconds();
    BigInteger cost =
        product(plan.now(), rest(position.window(), now) - last).add(product(plan.highest(), last));
    return holds(reserve(plan).plus(alreadyLeaving)) && cost.compareTo(money) <= 0;
  }

  /// Dollars an hour that may be spent from now until the period ends, rounded down.
  ///
  /// `left / (rest - l + h/r * l)`, where l is the time that leaving takes and h/r how much dearer
  /// than now the capacity of `mix` may become: what runs at this rate to the last moment can still
  /// be paid for while it leaves. Where nothing runs, h/r is 1.
  public HourlyRate allowed(Exposure mix) {
    long rest = rest(position.window(), now);
    if (position.left().micros() <= 0 || rest == 0) {
      return HourlyRate.ZERO;
    }
    BigInteger money = BigInteger.valueOf(position.left().micros()).multiply(HOUR);
    long last = lastSeconds();
    BigInteger rate = BigInteger.valueOf(mix.now().microsPerHour());
    if (rate.signum() == 0) {
      BigInteger left = money.subtract(product(mix.highest(), last)).max(BigInteger.ZERO);
      return rate(left.divide(BigInteger.valueOf(rest)));
    }
    BigInteger time = product(mix.now(), rest - last).add(product(mix.highest(), last));
    return rate(money.multiply(rate).divide(time));
  }

  /// Until when `running` is paid for though nobody looks any more: the last second before spent,
  /// charges, burn until then and the reserve would pass the amount; the present if that is so
  /// already.
  ///
  /// Burn counts at the dearest price of its pool that is declared for the time, whatever the
  /// capacity type: who looks for nobody does not see a spot replica come back on demand. Where
  /// the period is funded to its end, the next one begins with its whole amount.
  ///
  /// @param next the period after this one, which bounds the answer
  public Instant fundedUntil(Exposure running, Window next) {
    return holds(reserve(running)) ? new Unattended(this, running, next).until() : now;
  }

  /// What is missing to the inequality with this reserve; zero if it holds.
  public Money over(Reserve reserve) {
    return reserve.inPeriod().minus(position.left()).max(Money.ZERO);
  }

  /// One sentence with the figures of [#allowed].
  public String explain(Exposure mix) {
    return ("$%s/h allowed: $%s of $%s left for %d s, the last %d s of it"
            + " at up to $%s/h for what runs at $%s/h")
        .formatted(
            allowed(mix).print(2),
            position.left().print(2),
            position.amount().print(2),
            rest(position.window(), now),
            lastSeconds(),
            mix.highest().print(2),
            mix.now().print(2));
  }

  private long lastSeconds() {
    return Math.min(leaving.total().toSeconds(), rest(position.window(), now));
  }

  /// Seconds until the window ends.
  static long rest(Window window, Instant now) {
    return Math.max(
        0, Duration.between(now.truncatedTo(ChronoUnit.SECONDS), window.end()).toSeconds());
  }

  private static BigInteger product(HourlyRate rate, long seconds) {
    return BigInteger.valueOf(rate.microsPerHour()).multiply(BigInteger.valueOf(seconds));
  }

  private static HourlyRate rate(BigInteger micros) {
    return new HourlyRate(micros.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact());
  }
}
