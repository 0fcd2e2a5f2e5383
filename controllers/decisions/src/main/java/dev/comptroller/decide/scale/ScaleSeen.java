package dev.comptroller.decide.scale;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the autoscaler sees of a deployment.
///
/// @param demand what it is asked for; absent where that is not known or too old
/// @param rungs what each rung could be had for
public record ScaleSeen(@Nullable DemandSeen demand, List<RungSeen> rungs) {
  public ScaleSeen {
    rungs = List.copyOf(rungs);
  }

  /// What a rung could be had for.
  public Optional<RungSeen> rung(String variant) {
    return rungs.stream().filter(rung -> rung.variant().equals(variant)).findFirst();
  }
}
