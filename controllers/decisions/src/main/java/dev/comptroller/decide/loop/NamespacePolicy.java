package dev.comptroller.decide.loop;

import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.units.Money;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/// What the owner of a namespace's budget asked for, parsed and valid.
///
/// @param namespace the namespace
/// @param budget name of the budget in force
/// @param amount dollars of a period, more than zero
/// @param calendar its periods
/// @param hard whether spending stops before the amount is exceeded
/// @param observe whether decisions are only told
/// @param heat the heat ladder
/// @param features features with money or a priority of their own, ordered by name
/// @param deployments all deployments of the namespace, ordered by name
/// @param leaving how long leaving takes
/// @param stale from which age on what was seen no longer counts
/// @param climbMargin percent of the allowance that a better rung must leave free, 0 to 99
public record NamespacePolicy(
    String namespace,
    String budget,
    Money amount,
    Calendar calendar,
    boolean hard,
    boolean observe,
    HeatLadder heat,
    List<FeaturePolicy> features,
    List<DeploymentPolicy> deployments,
    Leaving leaving,
    Duration stale,
    int climbMargin) {
  /// The age from which on nothing counts, where nothing else is said.
  public static final Duration DEFAULT_STALE = Duration.ofMinutes(2);

  /// The climb margin where nothing else is said.
  public static final int DEFAULT_CLIMB_MARGIN = 2;

  public NamespacePolicy {
    if (amount.micros() <= 0) {
      throw new IllegalArgumentException("amount is %s, not more than zero".formatted(amount));
    }
    if (stale.isNegative() || stale.isZero()) {
      throw new IllegalArgumentException("stale is %s, not more than zero".formatted(stale));
    }
    if (climbMargin < 0 || climbMargin > 99) {
      throw new IllegalArgumentException(
          "climb margin is %d percent, not 0 to 99".formatted(climbMargin));
    }
    features = features.stream().sorted(Comparator.comparing(FeaturePolicy::name)).toList();
    deployments =
        deployments.stream().sorted(Comparator.comparing(DeploymentPolicy::name)).toList();
    if (deployments.stream().map(DeploymentPolicy::name).distinct().count() < deployments.size()) {
      throw new IllegalArgumentException("deployments has a name twice");
    }
  }
}
