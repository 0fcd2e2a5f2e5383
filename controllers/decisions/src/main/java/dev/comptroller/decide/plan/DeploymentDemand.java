package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a deployment needs, and how it could be had.
///
/// Offers below the quality floor are never taken; they are there so that an explanation can say
/// what the floor costs. Who wants a rung served and none better leaves the better ones out.
///
/// @param namespace its namespace
/// @param name its name
/// @param priority higher is served first when something is short
/// @param weight its share among equals, 1 or more
/// @param demand tokens a second to serve
/// @param headroom percent of capacity on top of the demand, 0 or more
/// @param scaling fewest and most replicas, over all offers
/// @param qualityFloor lowest quality that may serve; absent if any may
/// @param targetCpm full CPM to aim for; absent if none is set
/// @param dwell how long a plan is expected to hold: what a start costs is spread over it
/// @param offers how it could be served
/// @param oneVariant whether all its replicas must be of one variant, on whatever nodes
public record DeploymentDemand(
    String namespace,
    String name,
    int priority,
    int weight,
    TokensPerSecond demand,
    int headroom,
    Scaling scaling,
    @Nullable BigDecimal qualityFloor,
    @Nullable Cpm targetCpm,
    Duration dwell,
    List<Offer> offers,
    boolean oneVariant) {
  private static final long LARGEST = 1_000_000_000_000L;

  /// What may mix variants.
  public DeploymentDemand(
      String namespace,
      String name,
      int priority,
      int weight,
      TokensPerSecond demand,
      int headroom,
      Scaling scaling,
      @Nullable BigDecimal qualityFloor,
      @Nullable Cpm targetCpm,
      Duration dwell,
      List<Offer> offers) {
    this(
        namespace,
        name,
        priority,
        weight,
        demand,
        headroom,
        scaling,
        qualityFloor,
        targetCpm,
        dwell,
        offers,
        false);
  }

  public DeploymentDemand {
    offers =
        offers.stream()
            .sorted(
                Comparator.comparing(Offer::quality)
                    .reversed()
                    .thenComparing(Offer::variant)
                    .thenComparing(Offer::place))
            .toList();
    if (weight < 1) {
      throw new IllegalArgumentException(
          "weight of %s is %d, not 1 or more".formatted(name, weight));
    }
    if (headroom < 0 || headroom > 1000) {
      throw new IllegalArgumentException(
          "headroom of %s is %d percent, not 0 to 1000".formatted(name, headroom));
    }
    if (dwell.isNegative()) {
      throw new IllegalArgumentException(
          "dwell of %s is %s, not zero or more".formatted(name, dwell));
    }
    if (demand.thousandths() > LARGEST) {
      throw new IllegalArgumentException(
          "demand of %s is %s tokens a second, more than 1000000000".formatted(name, demand));
    }
  }

  /// Namespace and name: `shop/chat`.
  public String key() {
    return namespace + "/" + name;
  }

  /// Tokens a second that there must be capacity for: the demand and its headroom, rounded up.
  public TokensPerSecond need() {
    return new TokensPerSecond((demand.thousandths() * (100 + headroom) + 99) / 100);
  }

  /// Whether the quality floor admits it.
  public boolean admits(Offer offer) {
    return qualityFloor == null || offer.quality().compareTo(qualityFloor) >= 0;
  }

  /// Dollars an hour at which the demand costs the target CPM, rounded down; absent without one.
  public Optional<HourlyRate> targetHourly() {
    if (targetCpm == null) {
      return Optional.empty();
    }
    BigInteger micros =
        BigInteger.valueOf(targetCpm.microsPerMillion())
            .multiply(BigInteger.valueOf(demand.thousandths()))
            .multiply(BigInteger.valueOf(3600))
            .divide(BigInteger.valueOf(1_000_000_000));
    return Optional.of(
        new HourlyRate(micros.min(BigInteger.valueOf(Money.MAX.micros() / 4)).longValueExact()));
  }

  /// The same with another demand.
  public DeploymentDemand with(TokensPerSecond other) {
    return new DeploymentDemand(
        namespace,
        name,
        priority,
        weight,
        other,
        headroom,
        scaling,
        qualityFloor,
        targetCpm,
        dwell,
        offers,
        oneVariant);
  }
}
