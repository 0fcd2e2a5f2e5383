package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// What capacity costs an hour, and what it may come to cost.
///
/// Both are rounded up, replica by replica.
///
/// @param now dollars an hour at the prices of its capacity types
/// @param highest dollars an hour if every replica fell to the highest price of its pool in force
///   at any time ahead; never less than `now`
public record Exposure(HourlyRate now, HourlyRate highest) {
  /// No capacity.
  public static final Exposure NONE = new Exposure(HourlyRate.ZERO, HourlyRate.ZERO);

  public Exposure {
    if (now.compareTo(highest) > 0) {
      throw new IllegalArgumentException(
          "$%s/h now is more than $%s/h at the highest price".formatted(now, highest));
    }
  }

  /// Capacity of this cost, whatever prices do.
  public static Exposure fixed(HourlyRate rate) {
    return new Exposure(rate, rate);
  }

  /// The replicas that hold GPUs at `now`, with prices from `now` to `ahead` after it.
  public static Exposure of(
      Collection<ReplicaInterval> intervals, PriceBooks books, Instant now, Duration ahead) {
    Exposure sum = NONE;
    for (ReplicaInterval interval : intervals) {
      if (!interval.start().isAfter(now) && !interval.isClosed()) {
        sum = sum.plus(of(interval.pool(), interval.type(), interval.gpus(), books, now, ahead));
      }
    }
    return sum;
  }

  /// `gpus` GPUs of one replica in `pool`, with prices from `now` to `ahead` after it.
  public static Exposure of(
      String pool, CapacityType type, int gpus, PriceBooks books, Instant now, Duration ahead) {
    List<Instant> instants = new ArrayList<>(List.of(now));
    instants.addAll(books.changes(pool, now, now.plus(ahead).plusNanos(1)));
    HourlyRate highest = HourlyRate.ZERO;
    for (Instant instant : instants) {
      HourlyRate own = ceil(books.quote(pool, type, instant), gpus);
      HourlyRate any = ceil(books.quote(pool, CapacityType.Unknown, instant), gpus);
      highest = max(highest, max(own, any));
    }
    return new Exposure(ceil(books.quote(pool, type, now), gpus), highest);
  }

  /// The sum.
  public Exposure plus(Exposure other) {
    return new Exposure(now.plus(other.now), highest.plus(other.highest));
  }

  /// This capacity `factor` times.
  public Exposure times(int factor) {
    return new Exposure(now.times(factor), highest.times(factor));
  }

  private static HourlyRate ceil(Quote quote, int gpus) {
    BigInteger whole =
        BigInteger.valueOf(quote.perNodeHour().microsPerHour())
            .multiply(BigInteger.valueOf(gpus))
            .add(BigInteger.valueOf(quote.gpusPerNode() - 1L));
    return new HourlyRate(whole.divide(BigInteger.valueOf(quote.gpusPerNode())).longValueExact());
  }

  private static HourlyRate max(HourlyRate left, HourlyRate right) {
    return left.compareTo(right) >= 0 ? left : right;
  }
}
