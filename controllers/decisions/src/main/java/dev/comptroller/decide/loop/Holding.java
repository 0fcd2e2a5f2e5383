package dev.comptroller.decide.loop;

import dev.comptroller.decide.cost.Exposure;

/// Replicas of one rung that hold GPUs.
///
/// @param variant the rung
/// @param replicas how many hold GPUs, ready or not
/// @param ready how many of them serve
/// @param leaving whether they have been asked to leave
/// @param cost what they cost together
public record Holding(String variant, int replicas, int ready, boolean leaving, Exposure cost) {
  public Holding {
    if (replicas < 0 || ready < 0 || ready > replicas) {
      throw new IllegalArgumentException(
          "%d of %d replicas of %s are ready: need 0 <= ready <= replicas"
              .formatted(ready, replicas, variant));
    }
  }
}
