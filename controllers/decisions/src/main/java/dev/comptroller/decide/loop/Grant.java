package dev.comptroller.decide.loop;

import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a deployment may run: more is not paid for.
///
/// @param deployment the deployment
/// @param variant the rung to serve
/// @param replicas the most replicas of it; 0 means that it is suspended
/// @param surge how many replicas of another rung may run on beside them while the rung changes
/// @param hourly dollars an hour of the replicas, without the surge
/// @param reason CamelCase
/// @param message one sentence with the figures
/// @param changed when the rung last changed; absent if it never did
/// @param lowered when replicas were last taken away; absent if they never were
/// @param climbAfter how long the rung serves at least before a better one may: longer than the
///   dwell after changes in quick succession
public record Grant(
    String deployment,
    String variant,
    int replicas,
    int surge,
    HourlyRate hourly,
    String reason,
    String message,
    @Nullable Instant changed,
    @Nullable Instant lowered,
    Duration climbAfter) {
  public Grant {
    if (replicas < 0 || surge < 0) {
      throw new IllegalArgumentException(
          "grant of %s is %d replicas and %d surge, not zero or more"
              .formatted(deployment, replicas, surge));
    }
  }

  /// Whether it lets the same run as `other`, whatever it says about why.
  public boolean runsTheSame(Grant other) {
    return deployment.equals(other.deployment)
        && variant.equals(other.variant)
        && replicas == other.replicas
        && surge == other.surge;
  }
}
