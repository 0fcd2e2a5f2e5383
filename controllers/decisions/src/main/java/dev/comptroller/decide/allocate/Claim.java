package dev.comptroller.decide.allocate;

import dev.comptroller.decide.units.HourlyRate;

/// What a deployment asks of its namespace's allowance.
///
/// @param name the deployment
/// @param priority higher is served first
/// @param weight its share among equals, 1 or more
/// @param floor dollars an hour of its `minReplicas`, served before anything else
/// @param wanted dollars an hour of all that it would run; at least the floor
public record Claim(String name, int priority, int weight, HourlyRate floor, HourlyRate wanted) {
  public Claim {
    if (weight < 1) {
      throw new IllegalArgumentException(
          "weight of %s is %d, not 1 or more".formatted(name, weight));
    }
    if (floor.compareTo(wanted) > 0) {
      throw new IllegalArgumentException(
          "%s wants $%s/h, less than its floor of $%s/h".formatted(name, wanted, floor));
    }
  }
}
