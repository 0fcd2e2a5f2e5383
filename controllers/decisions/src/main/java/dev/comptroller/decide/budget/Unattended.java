package dev.comptroller.decide.budget;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Capacity that runs on while nobody looks: how long the third inequality holds.
///
/// Time is cut where something changes: where a declared price begins to hold or comes into the
/// reach of the reserve, and around the period's end. In each piece burn and reserve are constant
/// rates, so the second at which money ends follows from a division.
final class Unattended {
  private static final BigInteger HOUR = BigInteger.valueOf(3600);

  private final Funds funds;
  private final Exposure running;
  private final long leaving;
  private final long rest;
  private final long horizon;
  private final long[] steps;

  /// @param running what runs on
  /// @param next the period after this one
  Unattended(Funds funds, Exposure running, Window next) {
    this.funds = funds;
    this.running = running;
    leaving = funds.leaving().total().toSeconds();
    rest = Funds.rest(funds.position().window(), funds.now());
    horizon = Math.max(rest, Funds.rest(next, funds.now()));
    steps = running.later().stream().mapToLong(step -> seconds(step.from())).toArray();
  }

  /// The last second at which the inequality holds; the end of the next period if it never fails.
  Instant until() {
    BigInteger money = BigInteger.valueOf(funds.position().left().micros()).multiply(HOUR);
    BigInteger amount = BigInteger.valueOf(funds.position().amount().micros()).multiply(HOUR);
    List<Long> cuts = List.copyOf(cuts());
    HourlyRate rate = running.highest();
    int step = 0;
    for (int i = 0; i < cuts.size(); i++) {
      long second = cuts.get(i);
      if (second == rest) {
        money = amount;
      }
      for (; step < steps.length && steps[step] <= second; step++) {
        rate = running.later().get(step).rate();
      }
      long next = i + 1 < cuts.size() ? cuts.get(i + 1) : horizon;
      BigInteger burn = BigInteger.valueOf(rate.microsPerHour());
      BigInteger dearest = BigInteger.valueOf(dearest(second, rate, step).microsPerHour());
      long held = held(second, money, amount, burn, dearest);
      if (held < next - second) {
        return at(Math.max(0, second + held - 1));
      }
      money = money.subtract(burn.multiply(BigInteger.valueOf(next - second)));
    }
    return at(horizon);
  }

  /// How many seconds from `second` on, that one included, the inequality holds.
  private long held(
      long second, BigInteger money, BigInteger amount, BigInteger burn, BigInteger dearest) {
    boolean inNext = second >= rest;
    long inside = inNext ? leaving : Math.min(leaving, rest - second);
    BigInteger slack = money.subtract(dearest.multiply(BigInteger.valueOf(inside)));
    long beyond = leaving - inside;
    BigInteger over = amount.subtract(dearest.multiply(BigInteger.valueOf(beyond)));
    if (slack.signum() < 0 || over.signum() < 0) {
      return 0;
    }
    // In the last seconds of a period every second takes as much off the reserve as it costs at
    // most, and puts as much on that of the next period.
    boolean last = !inNext && second >= rest - leaving;
    BigInteger each = last ? dearest : burn;
    return each.signum() == 0
        ? Long.MAX_VALUE
        : (last ? over : slack).divide(each).min(BigInteger.valueOf(horizon)).longValueExact() + 1;
  }

  /// Seconds from the present on at which a piece begins, before the horizon.
  private SortedSet<Long> cuts() {
    SortedSet<Long> cuts = new TreeSet<>();
    cuts.add(0L);
    cuts.add(rest - leaving);
    cuts.add(rest);
    for (long second : steps) {
      cuts.add(second);
      cuts.add(second - leaving);
    }
    return cuts.tailSet(0L).headSet(horizon);
  }

  /// The highest rate that leaving may come to cost if it begins at `second`.
  ///
  /// @param rate the one in force
  /// @param next the step that comes next
  private HourlyRate dearest(long second, HourlyRate rate, int next) {
    HourlyRate dearest = rate;
    for (int i = next; i < steps.length && steps[i] - leaving <= second; i++) {
      HourlyRate later = running.later().get(i).rate();
      dearest = later.compareTo(dearest) > 0 ? later : dearest;
    }
    return dearest;
  }

  private long seconds(Instant instant) {
    return Duration.between(funds.now(), instant).toSeconds();
  }

  private Instant at(long second) {
    return funds.now().plusSeconds(second);
  }
}
