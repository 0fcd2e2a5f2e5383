package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import java.math.BigInteger;
import java.time.Duration;

/// What it costs that a node can be taken away.
///
/// @param lossesPerThousandHours how often a replica is lost in a thousand hours
/// @param restart how long until another one serves in its place
/// @param value dollars an hour that a replica's work is worth
public record SpotRisk(int lossesPerThousandHours, Duration restart, HourlyRate value) {
  private static final BigInteger THOUSAND_HOURS = BigInteger.valueOf(3_600_000);

  public SpotRisk {
    if (lossesPerThousandHours < 0 || restart.isNegative()) {
      throw new IllegalArgumentException(
          "%d losses in a thousand hours, restart %s: need zero or more"
              .formatted(lossesPerThousandHours, restart));
    }
  }

  /// The expected cost an hour of one replica: loss rate * restart * value, rounded up.
  public HourlyRate hourly() {
    BigInteger product =
        BigInteger.valueOf(value.microsPerHour())
            .multiply(BigInteger.valueOf(lossesPerThousandHours))
            .multiply(BigInteger.valueOf(restart.toSeconds()));
    return new HourlyRate(
        product
            .add(THOUSAND_HOURS.subtract(BigInteger.ONE))
            .divide(THOUSAND_HOURS)
            .longValueExact());
  }
}
