package dev.comptroller.decide.scale;

import dev.comptroller.decide.share.Share;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the autoscaler sees of a deployment.
///
/// @param demand what it is asked for; absent where that is not known or too old
/// @param rungs what each rung could be had for
/// @param share what the fleet leaves it; absent while nothing is short
public record ScaleSeen(@Nullable DemandSeen demand, List<RungSeen> rungs, @Nullable Share share) {
  /// What a deployment sees that shares nothing.
  public ScaleSeen(@Nullable DemandSeen demand, List<RungSeen> rungs) {
    this(demand, rungs, null);
  }

  public ScaleSeen {
    rungs = List.copyOf(rungs);
  }

  /// The same within a share.
  public ScaleSeen within(Share other) {
    return new ScaleSeen(demand, rungs, other);
  }

  /// What a rung could be had for.
  public Optional<RungSeen> rung(String variant) {
    return rungs.stream().filter(rung -> rung.variant().equals(variant)).findFirst();
  }
}
