package dev.comptroller.decide.rollout;

/// Where to get to, and what is paid for on the way.
///
/// @param variant the rung to serve
/// @param replicas how many of it; 0 suspends
/// @param surge how many replicas of the old variant may run on beside all of these while it
///   changes; 0 allows none
/// @param reason why, in CamelCase
public record Goal(String variant, int replicas, int surge, String reason) {
  /// As many as the old variant has.
  public static final int ALL = Integer.MAX_VALUE;

  public Goal {
    if (replicas < 0 || surge < 0) {
      throw new IllegalArgumentException(
          "goal of %d replicas and a surge of %d: need 0 or more".formatted(replicas, surge));
    }
  }
}
