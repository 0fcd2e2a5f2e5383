package dev.comptroller.decide.share;

import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;

/// One rung that could serve what a deployment is asked for.
///
/// @param variant the rung
/// @param replicas how many of it that takes, within the deployment's own borders
/// @param perReplica dollars an hour of one
/// @param running how many of it hold GPUs and do not leave
public record Way(Variant variant, int replicas, HourlyRate perReplica, int running) {
  public Way {
    if (replicas < 0 || running < 0) {
      throw new IllegalArgumentException(
          "%d replicas and %d running of %s: need 0 or more"
              .formatted(replicas, running, variant.name()));
    }
  }

  /// All its replicas.
  Bins.Count count() {
    return new Bins.Count(variant, replicas);
  }

  /// GPUs of all its replicas.
  int gpus() {
    return Math.multiplyExact(replicas, variant.gpus());
  }
}
