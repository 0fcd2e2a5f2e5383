package dev.comptroller.decide.loop;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.downgrade.Transition;
import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a deployment's owner lets its namespace's budget do.
///
/// @param policy the deployment as declared
/// @param priority higher is served first when money is short
/// @param weight its share among equals, 1 or more
/// @param downgradeAllowed whether a lower rung than the first may serve
/// @param breakBeforeMake whether the old rung may leave before the new one serves
/// @param suspendAllowed whether the heat ladder may take it to zero; the hard limit always may
/// @param pricierFallback whether a rung may stand in for a better one that is cheaper
/// @param transition how long a change of rung takes
/// @param dwell how long a rung serves at least, and how long after a cut replicas may return
public record DeploymentPolicy(
    Policy policy,
    int priority,
    int weight,
    boolean downgradeAllowed,
    boolean breakBeforeMake,
    boolean suspendAllowed,
    boolean pricierFallback,
    Transition transition,
    Duration dwell) {
  /// The dwell where nothing else is said.
  public static final Duration DEFAULT_DWELL = Duration.ofMinutes(5);

  public DeploymentPolicy {
    if (weight < 1) {
      throw new IllegalArgumentException(
          "weight of %s is %d, not 1 or more".formatted(policy.name(), weight));
    }
    if (dwell.isNegative()) {
      throw new IllegalArgumentException(
          "dwell of %s is %s, not zero or more".formatted(policy.name(), dwell));
    }
  }

  /// It where a rung may stand in for a better one whatever it costs.
  DeploymentPolicy atAnyPrice() {
    return new DeploymentPolicy(
        policy,
        priority,
        weight,
        downgradeAllowed,
        breakBeforeMake,
        suspendAllowed,
        true,
        transition,
        dwell);
  }

  /// Its name.
  public String name() {
    return policy.name();
  }

  /// The lowest quality that may serve; absent if any may.
  @Nullable BigDecimal floor() {
    return policy.floor();
  }

  /// Fewest replicas of a rung that serves.
  int least() {
    return Math.max(1, policy.scaling().minReplicas());
  }

  /// The most replicas of a rung, those that its owner asks for included.
  int most() {
    return Math.max(requested(), policy.scaling().maxReplicas());
  }

  /// Replicas that its owner asks for.
  int requested() {
    return policy.scaling().clamp(policy.requestedReplicas());
  }
}
