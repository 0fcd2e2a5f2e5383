package dev.comptroller.operator;

import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.reconcile.desired.ServingDeployment;
import java.time.Duration;

/// The pace of changes of variant, from the configuration.
final class Pace {
  private static final int LONGEST_BACK_OFF = 20;

  private Pace() {}

  static RolloutPolicy of(OperatorConfig.Rollout config) {
    Duration grace = Duration.ofSeconds(ServingDeployment.GRACE_SECONDS);
    if (config.drainLimit().compareTo(grace) >= 0) {
      throw new IllegalArgumentException(
          "comptroller.rollout.drain-limit is %s: it must be less than the %d s that a replica gets to leave"
              .formatted(config.drainLimit(), grace.toSeconds()));
    }
    return new RolloutPolicy(
        false,
        config.prestage(),
        config.dwell(),
        config.canaryPercent(),
        config.canaryTime(),
        config.stepTime(),
        config.settle(),
        config.drainLimit(),
        config.placeLimit(),
        config.startLimit(),
        config.backOff(),
        config.backOff().multipliedBy(LONGEST_BACK_OFF));
  }
}
