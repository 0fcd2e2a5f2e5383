package dev.comptroller.decide.capacity;

import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;

/// How a price that nobody declared follows what an hour really cost.
///
/// - The mean price of an hour is its full cost, idle time included, over the larger of the tokens
///   it served and `capacity * target utilisation`: a quiet hour does not make tokens dear. What
///   its tokens are due for is that price; the rest of a quiet hour is its owner's.
/// - What was charged less or more than was due is carried on and made up for by at most [#REPAID]
///   percent of the price, spread over as many tokens as the busiest hour of late served: so it is
///   not overdone where demand swings, and the price that is reached at last is the cost.
/// - Each price moves by at most [#MOST] percent an hour, and not at all where none of them would
///   move by [#LEAST] percent: what is then left over is carried on as well.
/// - An hour without cost or without tokens says nothing.
public final class PricePublisher {
  /// The most that a price moves in an hour, in percent.
  public static final int MOST = 20;

  /// Smaller moves are not made, in percent.
  public static final int LEAST = 1;

  /// The most that what is carried on adds to or takes from a price, in percent of it.
  public static final int REPAID = 10;

  /// Two moves are never nearer to each other.
  public static final Duration APART = Duration.ofMinutes(55);

  private static final BigInteger HUNDRED = BigInteger.valueOf(100);
  private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);
  private static final long HOUR_SECONDS = 3600;

  /// An hour of late counts for less with each hour after it: one part of so many.
  private static final long FADES = 8;

  private PricePublisher() {}

  /// What is known of a closed hour.
  ///
  /// @param cost full cost of the variant's replicas in it
  /// @param input tokens that they computed from prompts
  /// @param cachedInput tokens of prompts that were cached
  /// @param output tokens that they produced
  /// @param replicaSeconds seconds that replicas were ready, summed over them
  /// @param speed tokens a second of one replica
  /// @param utilisation percent of that which a price assumes, 1 to 100
  public record Hour(
      Money cost,
      long input,
      long cachedInput,
      long output,
      long replicaSeconds,
      TokensPerSecond speed,
      int utilisation) {
    public Hour {
      if (cost.micros() < 0 || replicaSeconds < 0) {
        throw new IllegalArgumentException(
            "an hour cost %s in %d replica-seconds: need zero or more"
                .formatted(cost, replicaSeconds));
      }
      if (input < 0 || cachedInput < 0 || output < 0) {
        throw new IllegalArgumentException(
            "an hour served %d:%d:%d tokens: need zero or more"
                .formatted(input, cachedInput, output));
      }
      if (utilisation < 1 || utilisation > 100) {
        throw new IllegalArgumentException(
            "targetUtilization is %d percent, not 1 to 100".formatted(utilisation));
      }
    }

    /// Whether it says nothing of a price.
    public boolean isEmpty() {
      return cost.micros() == 0 || (input == 0 && cachedInput == 0 && output == 0);
    }

    TokenMix served() {
      return new TokenMix(input, cachedInput, output);
    }

    /// Tokens that the hour is divided by.
    BigInteger basis() {
      BigInteger capacity =
          BigInteger.valueOf(speed.thousandths())
              .multiply(BigInteger.valueOf(replicaSeconds))
              .multiply(BigInteger.valueOf(utilisation))
              .divide(BigInteger.valueOf(100_000));
      return capacity.max(served().total());
    }
  }

  /// Where prices stand.
  ///
  /// @param prices that are posted
  /// @param carried micro-dollars that were charged less than was due; less than zero: more
  /// @param peak tokens of the busiest hour of late
  public record Standing(TokenMix.Split prices, long carried, long peak) {
    /// Prices from which nothing is carried on.
    public static Standing first(TokenMix.Split prices) {
      return new Standing(prices, 0, 0);
    }
  }

  /// Where prices stand after `hour`, through which those of `before` were posted.
  public static Standing next(Standing before, Hour hour, TokenWeights weights) {
    if (hour.isEmpty()) {
      return before;
    }
    TokenMix mix = hour.served();
    BigInteger served = mix.total();
    BigInteger cost = BigInteger.valueOf(hour.cost().micros());
    BigInteger basis = hour.basis();
    BigInteger due = cost.multiply(served).divide(basis);
    BigInteger charged = mix.at(before.prices()).divide(MILLION);
    long carried =
        within(BigInteger.valueOf(before.carried()).add(due).subtract(charged), Long.MAX_VALUE);
    long faded = before.peak() - before.peak() / FADES;
    long peak = within(served.max(BigInteger.valueOf(faded)), Long.MAX_VALUE);
    BigInteger target = cost.multiply(MILLION).divide(basis);
    BigInteger most = target.multiply(BigInteger.valueOf(REPAID)).divide(HUNDRED);
    BigInteger repaid =
        BigInteger.valueOf(carried)
            .multiply(MILLION)
            .divide(BigInteger.valueOf(peak))
            .max(most.negate())
            .min(most);
    Cpm mean = new Cpm(within(target.add(repaid), Long.MAX_VALUE / (100 * TokenWeights.MOST)));
    return new Standing(towards(before.prices(), mix.split(mean, weights)), carried, peak);
  }

  /// `before`, moved towards `wanted` as far as an hour may.
  public static TokenMix.Split towards(TokenMix.Split before, TokenMix.Split wanted) {
    boolean still =
        isNear(before.input(), wanted.input())
            && isNear(before.cachedInput(), wanted.cachedInput())
            && isNear(before.output(), wanted.output());
    return still
        ? before
        : new TokenMix.Split(
            clamp(before.input(), wanted.input()),
            clamp(before.cachedInput(), wanted.cachedInput()),
            clamp(before.output(), wanted.output()));
  }

  /// When prices that moved at `at` may move again: with an hour (UTC), [#APART] later at least.
  public static Instant after(Instant at) {
    long earliest = at.plus(APART).getEpochSecond();
    return Instant.ofEpochSecond(Math.ceilDiv(earliest, HOUR_SECONDS) * HOUR_SECONDS);
  }

  private static boolean isNear(Cpm before, Cpm wanted) {
    BigInteger from = BigInteger.valueOf(before.microsPerMillion());
    BigInteger off = BigInteger.valueOf(wanted.microsPerMillion()).subtract(from).abs();
    return off.signum() == 0
        || off.multiply(HUNDRED).compareTo(from.multiply(BigInteger.valueOf(LEAST))) < 0;
  }

  private static Cpm clamp(Cpm before, Cpm price) {
    BigInteger from = BigInteger.valueOf(before.microsPerMillion());
    // Rounded towards the price before, so that it never moves by more; a price too small for that
    // moves by one.
    BigInteger step = from.multiply(BigInteger.valueOf(MOST)).divide(HUNDRED).max(BigInteger.ONE);
    BigInteger low = from.subtract(step).max(BigInteger.ZERO);
    BigInteger high = from.add(step);
    BigInteger to = BigInteger.valueOf(price.microsPerMillion()).max(low).min(high);
    return new Cpm(within(to, Long.MAX_VALUE));
  }

  private static long within(BigInteger value, long most) {
    BigInteger limit = BigInteger.valueOf(most);
    return value.min(limit).max(limit.negate()).longValueExact();
  }
}
