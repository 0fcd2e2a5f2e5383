package dev.comptroller.decide.cost;

import dev.comptroller.decide.units.HourlyRate;

/// The price that a replica is charged at.
///
/// @param perNodeHour price of a whole node
/// @param gpusPerNode GPUs that share it
/// @param assumed true if the price book has no price for the capacity type, so that this is an
///   upper bound
public record Quote(HourlyRate perNodeHour, int gpusPerNode, boolean assumed) {
  /// What `gpus` GPUs cost an hour, rounded half up.
  public HourlyRate of(int gpus) {
    return perNodeHour.share(gpus, gpusPerNode);
  }
}
