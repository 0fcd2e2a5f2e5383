package dev.comptroller.decide.loop;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is known of a namespace: its money, its deployments, and what was decided before.
///
/// @param asOf when replicas, pools and prices were seen
/// @param money its spend; absent if it is not known
/// @param deployments its deployments, ordered by name
/// @param features what features have used, ordered by name; one that is absent is not known
/// @param state what the decision before left to remember
public record NamespaceSeen(
    Instant asOf,
    @Nullable MoneySeen money,
    List<DeploymentSeen> deployments,
    List<FeatureSeen> features,
    LoopState state) {
  public NamespaceSeen {
    deployments = deployments.stream().sorted(Comparator.comparing(DeploymentSeen::name)).toList();
    features = features.stream().sorted(Comparator.comparing(FeatureSeen::name)).toList();
  }
}
