package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What all deployments need.
///
/// @param deployments deployments by namespace and name, each once
/// @param allowances dollars an hour that a namespace may spend; one that is not here may spend any
public record FleetDemand(
    List<DeploymentDemand> deployments, SortedMap<String, HourlyRate> allowances) {
  private static final Comparator<DeploymentDemand> ORDER =
      Comparator.comparing(DeploymentDemand::namespace).thenComparing(DeploymentDemand::name);

  public FleetDemand {
    List<DeploymentDemand> sorted = new ArrayList<>(deployments);
    sorted.sort(ORDER);
    deployments = List.copyOf(sorted);
    allowances = Collections.unmodifiableSortedMap(new TreeMap<>(allowances));
    for (int i = 1; i < deployments.size(); i++) {
      if (ORDER.compare(deployments.get(i - 1), deployments.get(i)) == 0) {
        throw new IllegalArgumentException(deployments.get(i).key() + " is there twice");
      }
    }
  }

  /// A demand of these deployments under these allowances.
  public static FleetDemand of(
      List<DeploymentDemand> deployments, Map<String, HourlyRate> allowances) {
    return new FleetDemand(deployments, new TreeMap<>(allowances));
  }

  /// The same with these deployments in place of those of their names.
  public FleetDemand with(List<DeploymentDemand> changed) {
    Set<String> keys = new HashSet<>();
    changed.forEach(each -> keys.add(each.key()));
    List<DeploymentDemand> all = new ArrayList<>(deployments);
    all.removeIf(each -> keys.contains(each.key()));
    all.addAll(changed);
    return new FleetDemand(all, allowances);
  }
}
