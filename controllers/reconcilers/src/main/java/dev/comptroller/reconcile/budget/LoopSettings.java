package dev.comptroller.reconcile.budget;

import dev.comptroller.decide.budget.Leaving;
import dev.comptroller.decide.downgrade.Transition;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.publish.Quanta;
import dev.comptroller.decide.scale.ScalePolicy;
import java.time.Duration;

/// How fast the fleet can follow a decision, and how steady decisions have to be.
///
/// @param leaving how long capacity still costs once nobody wants it
/// @param transition how long a change of variant takes
/// @param dwell how long a variant serves at least
/// @param stale the age from which on what was seen no longer counts
/// @param publish the longest that a figure that moved stays unpublished
/// @param wake time between two looks at gateways while requests may wait for a first replica
/// @param scaling how fast replicas follow the demand
public record LoopSettings(
    Leaving leaving,
    Transition transition,
    Duration dwell,
    Duration stale,
    Duration publish,
    Duration wake,
    ScalePolicy.Pace scaling) {
  /// How often gateways are looked at where nothing else is said.
  public static final Duration WAKE = Duration.ofSeconds(1);

  /// What holds where nothing else is said: requests in flight are waited for at most 90 s, and a
  /// pod that was asked to leave is given 120 s.
  public static final LoopSettings DEFAULT =
      new LoopSettings(
          new Leaving(Duration.ofMinutes(1), Duration.ofSeconds(210), Duration.ofSeconds(30)),
          new Transition(Duration.ofSeconds(120), Duration.ofSeconds(30), Duration.ofSeconds(120)),
          DeploymentPolicy.DEFAULT_DWELL,
          NamespacePolicy.DEFAULT_STALE,
          Quanta.STALENESS);

  /// Settings that look at gateways, and follow the demand, as usual.
  public LoopSettings(
      Leaving leaving, Transition transition, Duration dwell, Duration stale, Duration publish) {
    this(leaving, transition, dwell, stale, publish, WAKE, ScalePolicy.Pace.DEFAULT);
  }

  public LoopSettings {
    if (wake.toMillis() < 100) {
      throw new IllegalArgumentException(
          "COMPTROLLER_LOOP_WAKE is %s: give 100 ms or more".formatted(wake));
    }
  }
}
