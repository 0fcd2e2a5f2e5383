package dev.comptroller.decide.capacity;

import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.Tokens;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigInteger;
import java.util.Optional;

/// How a price that nobody declared follows what an hour really cost.
///
/// The mean price of an hour is its full cost, idle time included, over the larger of the tokens it
/// served and `capacity * target utilisation`: a quiet hour does not make tokens dear. It moves by
/// at most a fifth an hour, up or down, and an hour without cost leaves it as it is.
public final class PricePublisher {
  /// The most that a price moves in an hour, in percent.
  public static final int MOST = 20;

  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  private PricePublisher() {}

  /// What is known of a closed hour.
  ///
  /// @param cost full cost of the variant's replicas in it
  /// @param served tokens that they served
  /// @param replicaSeconds seconds that replicas were ready, summed over them
  /// @param speed tokens a second of one replica
  /// @param utilisation percent of that which a price assumes, 1 to 100
  public record Hour(
      Money cost, Tokens served, long replicaSeconds, TokensPerSecond speed, int utilisation) {
    public Hour {
      if (cost.micros() < 0 || replicaSeconds < 0) {
        throw new IllegalArgumentException(
            "an hour cost %s in %d replica-seconds: need zero or more"
                .formatted(cost, replicaSeconds));
      }
      if (utilisation < 1 || utilisation > 100) {
        throw new IllegalArgumentException(
            "targetUtilization is %d percent, not 1 to 100".formatted(utilisation));
      }
    }

    /// Tokens that the hour is divided by.
    Tokens basis() {
      BigInteger capacity =
          BigInteger.valueOf(speed.thousandths())
              .multiply(BigInteger.valueOf(replicaSeconds))
              .multiply(BigInteger.valueOf(utilisation))
              .divide(BigInteger.valueOf(100_000));
      return new Tokens(capacity.max(BigInteger.valueOf(served.count())).longValueExact());
    }
  }

  /// The mean price after `hour`, given the one before it.
  public static Cpm next(Cpm before, Hour hour) {
    if (hour.cost().micros() == 0) {
      return before;
    }
    Optional<Cpm> full = Cpm.of(hour.cost(), hour.basis());
    return full.map(price -> clamp(before, price)).orElse(before);
  }

  /// The mean price after the first hour there was: nothing to move from.
  public static Optional<Cpm> first(Hour hour) {
    return hour.cost().micros() == 0 ? Optional.empty() : Cpm.of(hour.cost(), hour.basis());
  }

  private static Cpm clamp(Cpm before, Cpm price) {
    BigInteger from = BigInteger.valueOf(before.microsPerMillion());
    // Rounded towards the price before, so that it never moves by more; a price too small for that
    // moves by one.
    BigInteger step = from.multiply(BigInteger.valueOf(MOST)).divide(HUNDRED).max(BigInteger.ONE);
    BigInteger low = from.subtract(step).max(BigInteger.ZERO);
    BigInteger high = from.add(step);
    BigInteger to = BigInteger.valueOf(price.microsPerMillion()).max(low).min(high);
    return new Cpm(to.longValueExact());
  }
}
