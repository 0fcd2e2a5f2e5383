package dev.comptroller.decide.rollout;

/// Where to get to, and what is paid for on the way.
///
/// @param variant the rung to serve
/// @param replicas how many of it; 0 suspends
/// @param surge how many of it may run beside the old variant while it changes; 0 allows none
/// @param reason why, in CamelCase
public record Goal(String variant, int replicas, int surge, String reason) {
  public Goal {
    if (replicas < 0 || surge < 0) {
      throw new IllegalArgumentException(
          "goal of %d replicas and a surge of %d: need 0 or more".formatted(replicas, surge));
    }
  }
}
