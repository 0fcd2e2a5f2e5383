package dev.comptroller.decide.rollout;

import java.time.Duration;

/// How a change of variant may go.
///
/// @param breakBeforeMake whether old replicas may leave before new ones are ready, where there is
///   no room for both
/// @param prestage whether weights are read before replicas start
/// @param dwell how long a variant serves at least before the next change begins
/// @param canaryPercent share of the traffic of the trial; 0 skips it
/// @param canaryTime how long the trial takes
/// @param stepTime time between two steps of the shift
/// @param settle how long a change of weights may take to reach every gateway
/// @param drainLimit how long requests in flight may take until their replica is asked to leave
/// @param placeLimit how long a new replica may find no node
/// @param startLimit how long prestaging, starting or warming up may take, each
/// @param firstBackOff wait after the first failure; doubled by each that follows
/// @param lastBackOff the longest wait
public record RolloutPolicy(
    boolean breakBeforeMake,
    boolean prestage,
    Duration dwell,
    int canaryPercent,
    Duration canaryTime,
    Duration stepTime,
    Duration settle,
    Duration drainLimit,
    Duration placeLimit,
    Duration startLimit,
    Duration firstBackOff,
    Duration lastBackOff) {
  /// What holds where nobody says otherwise.
  public static final RolloutPolicy DEFAULT =
      new RolloutPolicy(
          false,
          true,
          Duration.ZERO,
          5,
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          Duration.ofSeconds(90),
          Duration.ofSeconds(30),
          Duration.ofMinutes(30),
          Duration.ofSeconds(30),
          Duration.ofMinutes(10));

  public RolloutPolicy {
    if (canaryPercent < 0 || canaryPercent > 50) {
      throw new IllegalArgumentException(
          "canary share is %d percent, not 0 to 50".formatted(canaryPercent));
    }
  }

  /// The same, with the owner's word on breaking before making.
  public RolloutPolicy withBreakBeforeMake(boolean allowed) {
    return new RolloutPolicy(
        allowed,
        prestage,
        dwell,
        canaryPercent,
        canaryTime,
        stepTime,
        settle,
        drainLimit,
        placeLimit,
        startLimit,
        firstBackOff,
        lastBackOff);
  }

  /// The wait after failure number `attempt`.
  Duration backOff(int attempt) {
    Duration wait = firstBackOff;
    for (int i = 1; i < attempt && wait.compareTo(lastBackOff) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(lastBackOff) < 0 ? wait : lastBackOff;
  }
}
