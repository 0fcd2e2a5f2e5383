package dev.comptroller.decide;

import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.Cpm;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the owner of a ModelDeployment asked for, parsed and valid.
///
/// @param namespace its namespace
/// @param name its name
/// @param ladder variants, best quality first; at least one
/// @param qualityFloor name of the lowest variant that may serve; absent means the last rung
/// @param requestedReplicas replicas of the preferred rung that are asked for, by `spec.replicas`
///   or by the autoscaler
/// @param scaling the borders of replicas
/// @param targetCpm full CPM to aim for; absent if none is set
/// @param preferred name of the best rung that is wanted, by the autoscaler; absent means the first
public record Policy(
    String namespace,
    String name,
    List<Variant> ladder,
    @Nullable String qualityFloor,
    int requestedReplicas,
    Scaling scaling,
    @Nullable Cpm targetCpm,
    @Nullable String preferred) {
  /// A deployment whose first rung is preferred.
  public Policy(
      String namespace,
      String name,
      List<Variant> ladder,
      @Nullable String qualityFloor,
      int requestedReplicas,
      Scaling scaling,
      @Nullable Cpm targetCpm) {
    this(namespace, name, ladder, qualityFloor, requestedReplicas, scaling, targetCpm, null);
  }

  public Policy {
    ladder = List.copyOf(ladder);
    if (ladder.isEmpty()) {
      throw new IllegalArgumentException("variants is empty: give at least one");
    }
  }

  /// The lowest quality that may serve; absent if any may.
  public @Nullable BigDecimal floor() {
    return ladder.stream()
        .filter(variant -> variant.name().equals(qualityFloor))
        .map(Variant::quality)
        .findFirst()
        .orElse(null);
  }

  /// Whether the quality floor lets a variant serve.
  public boolean admits(Variant variant) {
    BigDecimal floor = floor();
    return floor == null || variant.quality().compareTo(floor) >= 0;
  }

  /// The same with what an autoscaler wants. That is less than the fewest replicas only where a
  /// pool cannot serve everybody.
  public Policy wanting(String variant, int replicas) {
    Scaling borders =
        replicas < scaling.minReplicas()
            ? new Scaling(Math.max(0, replicas), scaling.maxReplicas())
            : scaling;
    return new Policy(namespace, name, ladder, qualityFloor, replicas, borders, targetCpm, variant);
  }

  /// The rungs from the preferred one down; all of them where there is none of that name.
  public List<Variant> wanted() {
    for (int i = 0; i < ladder.size(); i++) {
      if (ladder.get(i).name().equals(preferred)) {
        return ladder.subList(i, ladder.size());
      }
    }
    return ladder;
  }
}
