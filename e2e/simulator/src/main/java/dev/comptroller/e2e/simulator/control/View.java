package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.e2e.simulator.world.Cluster;
import dev.comptroller.e2e.simulator.world.Pod;
import dev.comptroller.e2e.simulator.world.Pod.Phase;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.ReplicaSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The cluster as the API server showed it at an instant.
///
/// @param asOf when
/// @param pods pods of the namespace
/// @param sets Deployments of variants, by key
/// @param pools pools with their nodes, by name
/// @param books declared prices
record View(
    Instant asOf,
    List<PodSeen> pods,
    SortedMap<String, SetSeen> sets,
    SortedMap<String, Pool> pools,
    PriceBooks books) {

  /// A pod.
  record PodSeen(
      Pod pod, ReplicaSet set, Phase phase, boolean warm, int attempts, ReplicaInterval interval) {
    boolean holdsGpus() {
      return phase != Phase.Pending && phase != Phase.Gone;
    }
  }

  /// A Deployment.
  record SetSeen(boolean exists, long revision) {}

  static View of(Cluster cluster, String namespace, Map<String, String> products, Instant now) {
    List<PodSeen> pods = new ArrayList<>();
    for (Pod pod : cluster.pods()) {
      if (pod.set().namespace().equals(namespace)) {
        pods.add(seen(pod, now));
      }
    }
    SortedMap<String, SetSeen> sets = new TreeMap<>();
    for (ReplicaSet set : cluster.sets()) {
      sets.put(set.key(), new SetSeen(set.exists(), set.revision()));
    }
    SortedMap<String, Pool> pools = pools(cluster, products, now);
    Map<String, PriceBook> books = new TreeMap<>();
    pools.forEach((name, pool) -> books.put(name, pool.prices()));
    return new View(now, List.copyOf(pods), sets, pools, PriceBooks.of(books));
  }

  /// The pools with what is used of their nodes.
  static SortedMap<String, Pool> pools(Cluster cluster, Map<String, String> products, Instant now) {
    SortedMap<String, Pool> pools = new TreeMap<>();
    for (Map.Entry<String, PriceTrack> entry : cluster.prices().entrySet()) {
      PriceBook book = entry.getValue().declared(now.getEpochSecond());
      List<Pool.Node> nodes = new ArrayList<>();
      for (Pod.Node node : cluster.nodes()) {
        if (node.pool().equals(entry.getKey())) {
          nodes.add(
              new Pool.Node(node.name(), node.type(), true, node.gpus(), cluster.usedGpus(node)));
        }
      }
      String product = products.getOrDefault(entry.getKey(), "");
      pools.put(entry.getKey(), new Pool(entry.getKey(), product, book, null, nodes));
    }
    return pools;
  }

  private static PodSeen seen(Pod pod, Instant now) {
    @Nullable ReplicaInterval interval = pod.interval();
    ReplicaInterval known =
        interval != null
            ? interval
            : new ReplicaInterval(
                pod.uid(),
                pod.set().pool(),
                CapacityType.Unknown,
                0,
                now,
                new ReplicaInterval.Known(now));
    return new PodSeen(pod, pod.set(), pod.phase(), pod.isWarm(), pod.attempts(), known);
  }

  /// Intervals of pods that ever were on a node.
  List<ReplicaInterval> intervals() {
    return pods.stream().map(PodSeen::interval).filter(interval -> interval.gpus() > 0).toList();
  }
}
