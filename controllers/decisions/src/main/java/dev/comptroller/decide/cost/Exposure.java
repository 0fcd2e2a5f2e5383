package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What capacity costs an hour, and what it may come to cost.
///
/// All of it is rounded up, replica by replica.
///
/// @param now dollars an hour at the prices of its capacity types
/// @param highest dollars an hour if every replica fell to the highest price of its pool in force
///   at any time of the stretch ahead that was looked at; never less than `now`
/// @param later how that changes with the prices that are declared for the time ahead, in order,
///   however far off; empty if they stay
public record Exposure(HourlyRate now, HourlyRate highest, List<Step> later) {
  /// No capacity.
  public static final Exposure NONE = new Exposure(HourlyRate.ZERO, HourlyRate.ZERO);

  /// The highest price in force from an instant on, until the next step.
  ///
  /// @param from its first whole second
  /// @param rate dollars an hour if every replica fell to the highest price of its pool in force
  public record Step(Instant from, HourlyRate rate) {}

  public Exposure {
    if (now.compareTo(highest) > 0) {
      throw new IllegalArgumentException(
          "$%s/h now is more than $%s/h at the highest price".formatted(now, highest));
    }
    later = List.copyOf(later);
  }

  /// Capacity whose prices stay.
  public Exposure(HourlyRate now, HourlyRate highest) {
    this(now, highest, List.of());
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

  /// `gpus` GPUs of one replica in `pool`, with the highest price from `now` to `ahead` after it.
  public static Exposure of(
      String pool, CapacityType type, int gpus, PriceBooks books, Instant now, Duration ahead) {
    Instant horizon = now.plus(ahead);
    HourlyRate highest = inForce(pool, type, gpus, books, now);
    List<Step> later = new ArrayList<>();
    for (Instant instant : books.changes(pool, now, Instant.MAX)) {
      HourlyRate rate = inForce(pool, type, gpus, books, instant);
      highest = instant.isAfter(horizon) ? highest : max(highest, rate);
      later.add(new Step(ceilSecond(instant), rate));
    }
    return new Exposure(ceil(books.quote(pool, type, now), gpus), highest, later);
  }

  /// How prices of `gpus` GPUs of one replica in `pool` go on after the last one that is declared,
  /// where they came and went again and again; absent where they did not.
  public static @Nullable Rhythm rhythm(
      String pool, CapacityType type, int gpus, PriceBooks books, Instant now) {
    List<Instant> changes = books.changes(pool, Instant.MIN, Instant.MAX);
    List<Step> known = new ArrayList<>();
    for (Instant at :
        changes.subList(Math.max(0, changes.size() - Rhythm.LOOKED_AT), changes.size())) {
      known.add(new Step(ceilSecond(at), inForce(pool, type, gpus, books, at)));
    }
    return Rhythm.of(known, now);
  }

  private static HourlyRate inForce(
      String pool, CapacityType type, int gpus, PriceBooks books, Instant instant) {
    HourlyRate own = ceil(books.quote(pool, type, instant), gpus);
    return max(own, ceil(books.quote(pool, CapacityType.Unknown, instant), gpus));
  }

  /// Dollars an hour at an instant ahead, with `first` until the first change that is declared, and
  /// the highest price in force from then on.
  HourlyRate at(Instant instant, HourlyRate first) {
    return at(later, instant, first);
  }

  private static HourlyRate at(List<Step> later, Instant instant, HourlyRate first) {
    HourlyRate rate = first;
    for (Step step : later) {
      if (step.from().isAfter(instant)) {
        break;
      }
      rate = step.rate();
    }
    return rate;
  }

  /// Dollars an hour on average from an instant until another, with `first` until the first change
  /// that is declared.
  public HourlyRate mean(Instant from, Instant until, HourlyRate first) {
    return mean(later, from, until, first);
  }

  /// The same of any steps.
  static HourlyRate mean(List<Step> later, Instant from, Instant until, HourlyRate first) {
    HourlyRate rate = at(later, from, first);
    BigInteger sum = BigInteger.ZERO;
    Instant begin = from;
    for (Step step : later) {
      if (!step.from().isBefore(until)) {
        break;
      }
      if (step.from().isAfter(from)) {
        sum = sum.add(cost(rate, begin, step.from()));
        begin = step.from();
        rate = step.rate();
      }
    }
    if (begin.equals(from)) {
      return rate;
    }
    BigInteger seconds = BigInteger.valueOf(Duration.between(from, until).toSeconds());
    BigInteger mean = sum.add(cost(rate, begin, until)).divide(seconds);
    return new HourlyRate(mean.longValueExact());
  }

  /// Micro-dollars times seconds of an hour.
  private static BigInteger cost(HourlyRate rate, Instant from, Instant until) {
    return BigInteger.valueOf(rate.microsPerHour())
        .multiply(BigInteger.valueOf(Duration.between(from, until).toSeconds()));
  }

  /// The sum.
  public Exposure plus(Exposure other) {
    HourlyRate sum = now.plus(other.now);
    HourlyRate most = highest.plus(other.highest);
    if (later.isEmpty() && other.later.isEmpty()) {
      return new Exposure(sum, most);
    }
    List<Step> steps = new ArrayList<>();
    HourlyRate own = highest;
    HourlyRate others = other.highest;
    int i = 0;
    int j = 0;
    while (i < later.size() || j < other.later.size()) {
      Instant from = first(from(later, i), from(other.later, j));
      for (; i < later.size() && !later.get(i).from().isAfter(from); i++) {
        own = later.get(i).rate();
      }
      for (; j < other.later.size() && !other.later.get(j).from().isAfter(from); j++) {
        others = other.later.get(j).rate();
      }
      steps.add(new Step(from, own.plus(others)));
    }
    return new Exposure(sum, most, steps);
  }

  private static Instant from(List<Step> steps, int index) {
    return index < steps.size() ? steps.get(index).from() : Instant.MAX;
  }

  private static Instant first(Instant left, Instant right) {
    return left.isAfter(right) ? right : left;
  }

  /// This capacity where prices go on like that after all that are declared.
  public Exposure then(@Nullable Rhythm rhythm) {
    return rhythm == null
        ? this
        : new Exposure(
            now, highest, Stream.concat(later.stream(), rhythm.steps().stream()).toList());
  }

  /// This capacity where it now costs no more than `rate`.
  public Exposure noDearerThan(HourlyRate rate) {
    return new Exposure(now.compareTo(rate) > 0 ? rate : now, highest, later);
  }

  /// This capacity where it now costs `rate` or more, though never more than it may come to cost.
  public Exposure nowAtLeast(HourlyRate rate) {
    HourlyRate most = rate.compareTo(highest) > 0 ? highest : rate;
    return new Exposure(max(now, most), highest, later);
  }

  /// This capacity `factor` times.
  public Exposure times(int factor) {
    return each(rate -> rate.times(factor));
  }

  /// This capacity with every rate changed alike.
  public Exposure each(UnaryOperator<HourlyRate> change) {
    List<Step> steps =
        later.isEmpty()
            ? List.of()
            : later.stream().map(step -> new Step(step.from(), change.apply(step.rate()))).toList();
    return new Exposure(change.apply(now), change.apply(highest), steps);
  }

  /// What `gpus` GPUs cost an hour, rounded up.
  public static HourlyRate ceil(Quote quote, int gpus) {
    BigInteger whole =
        BigInteger.valueOf(quote.perNodeHour().microsPerHour())
            .multiply(BigInteger.valueOf(gpus))
            .add(BigInteger.valueOf(quote.gpusPerNode() - 1L));
    return new HourlyRate(whole.divide(BigInteger.valueOf(quote.gpusPerNode())).longValueExact());
  }

  private static HourlyRate max(HourlyRate left, HourlyRate right) {
    return left.compareTo(right) >= 0 ? left : right;
  }

  /// A price that changes within a second holds from the next whole second.
  private static Instant ceilSecond(Instant instant) {
    Instant floor = instant.truncatedTo(ChronoUnit.SECONDS);
    return floor.equals(instant) ? floor : floor.plusSeconds(1);
  }
}
