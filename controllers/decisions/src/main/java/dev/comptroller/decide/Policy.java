package dev.comptroller.decide;

import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the owner of a ModelDeployment asked for, parsed and valid.
///
/// @param namespace its namespace
/// @param name its name
/// @param ladder variants, best quality first; at least one
/// @param qualityFloor name of the lowest variant that may serve; absent means the last rung
/// @param requestedReplicas `spec.replicas`
/// @param scaling the borders of replicas
/// @param targetCpm full CPM to aim for; absent if none is set
public record Policy(
    String namespace,
    String name,
    List<Variant> ladder,
    @Nullable String qualityFloor,
    int requestedReplicas,
    Scaling scaling,
    @Nullable Cpm targetCpm) {
  public Policy {
    ladder = List.copyOf(ladder);
    if (ladder.isEmpty()) {
      throw new IllegalArgumentException("variants is empty: give at least one");
    }
  }
}
