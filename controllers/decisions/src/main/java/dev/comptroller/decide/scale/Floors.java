package dev.comptroller.decide.scale;

import dev.comptroller.decide.scale.ScaleDecision.Floor;
import dev.comptroller.decide.units.HourlyRate;
import org.jspecify.annotations.Nullable;

/// Prices the least number of replicas that an owner asks for.
final class Floors {
  private Floors() {}

  /// What `fewest` replicas cost; absent where that is none.
  ///
  /// @param perReplica dollars an hour of one
  /// @param needed replicas that the demand needs; absent if that is not known
  /// @param schedule what asks for so many now; absent if `minReplicas` does
  static @Nullable Floor of(
      ScalePolicy policy,
      int fewest,
      HourlyRate perReplica,
      @Nullable Long needed,
      @Nullable Schedule schedule) {
    if (fewest == 0) {
      return null;
    }
    HourlyRate hourly = perReplica.times(fewest);
    HourlyRate beyond = needed == null ? null : perReplica.times(Math.max(0, fewest - needed));
    String of = schedule == null ? "" : " of schedule " + schedule.name();
    String costs =
        "the floor of %d%s %s $%s/h"
            .formatted(fewest, of, policy.observe() ? "would cost" : "costs", hourly.print(2));
    return new Floor(
        fewest,
        hourly,
        beyond,
        beyond == null
            ? costs + "; what is asked for is not known"
            : "%s, $%s/h of it beyond demand".formatted(costs, beyond.print(2)));
  }
}
