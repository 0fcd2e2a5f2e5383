package dev.comptroller.decide;

import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the cluster shows of a ModelDeployment and of the pools it could use.
///
/// @param pools pools by name
/// @param replicas its pods, of all variants, ordered by name
public record Observation(SortedMap<String, Pool> pools, List<Replica> replicas) {
  public Observation {
    pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
    List<Replica> sorted = new ArrayList<>(replicas);
    sorted.sort(Comparator.comparing(Replica::name));
    replicas = List.copyOf(sorted);
  }

  /// An observation of these pools and pods.
  public static Observation of(Map<String, Pool> pools, List<Replica> replicas) {
    return new Observation(new TreeMap<>(pools), replicas);
  }

  /// Replicas of a variant.
  public List<Replica> replicasOf(String variant) {
    return replicas.stream().filter(replica -> replica.variant().equals(variant)).toList();
  }
}
