package dev.comptroller.decide.fleet;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A set of identical GPU nodes, as declared and as seen.
///
/// @param name name of the GpuNodePool
/// @param product GPU product, such as `NVIDIA-H100-80GB-HBM3`
/// @param prices what its nodes cost
/// @param maxHourlySpend dollar ceiling on its nodes; absent if there is none
/// @param nodes its nodes, ordered by name
/// @param further how many nodes may still come, asked for or not, by capacity type; none where
///   nodes are only counted
public record Pool(
    String name,
    String product,
    PriceBook prices,
    @Nullable HourlyRate maxHourlySpend,
    List<Node> nodes,
    SortedMap<CapacityType, Integer> further) {
  /// A pool whose nodes are only counted.
  public Pool(
      String name,
      String product,
      PriceBook prices,
      @Nullable HourlyRate maxHourlySpend,
      List<Node> nodes) {
    this(name, product, prices, maxHourlySpend, nodes, new TreeMap<>());
  }

  public Pool {
    List<Node> sorted = new ArrayList<>(nodes);
    sorted.sort(Comparator.comparing(Node::name));
    nodes = List.copyOf(sorted);
    further = Collections.unmodifiableSortedMap(new TreeMap<>(further));
  }

  /// One node.
  ///
  /// @param name node name
  /// @param type how it is paid for
  /// @param ready whether the node is ready and schedulable
  /// @param gpus allocatable GPUs
  /// @param usedGpus GPUs requested by all pods bound to it, ours or not
  public record Node(String name, CapacityType type, boolean ready, int gpus, int usedGpus) {
    /// GPUs that a pod could still get here; none on a node that is not ready.
    public int freeGpus() {
      return ready ? Math.max(0, gpus - usedGpus) : 0;
    }
  }

  /// How many nodes may still come.
  public int growth() {
    return further.values().stream().mapToInt(Integer::intValue).sum();
  }

  /// GPUs of all ready nodes.
  public int totalGpus() {
    return nodes.stream().filter(Node::ready).mapToInt(Node::gpus).sum();
  }

  /// GPUs that pods use, on ready nodes.
  public int usedGpus() {
    return nodes.stream().filter(Node::ready).mapToInt(Node::usedGpus).sum();
  }

  /// GPUs free on ready nodes.
  public int freeGpus() {
    return nodes.stream().mapToInt(Node::freeGpus).sum();
  }

  /// Nodes that are ready.
  public int readyNodes() {
    return (int) nodes.stream().filter(Node::ready).count();
  }

  /// Nodes of a capacity type, ready or not.
  public int nodes(CapacityType type) {
    return (int) nodes.stream().filter(node -> node.type() == type).count();
  }

  /// How many more replicas of `gpus` GPUs fit, on nodes that may still come too: a replica never
  /// spans nodes.
  public int room(int gpus) {
    return roomNow(gpus) + Math.multiplyExact(growth(), prices.gpusPerNode() / gpus);
  }

  /// How many more replicas of `gpus` GPUs fit on nodes that are there.
  public int roomNow(int gpus) {
    return nodes.stream().mapToInt(node -> node.freeGpus() / gpus).sum();
  }

  /// What `wanted` GPUs of one node cost an hour where they are cheapest among those that are free
  /// now; at the dearest price in force where none are.
  public HourlyRate cheapest(int wanted, Instant now) {
    return nodes.stream()
        .filter(node -> node.freeGpus() >= wanted)
        .map(node -> Exposure.ceil(prices.quote(node.type(), now), wanted))
        .min(HourlyRate::compareTo)
        .orElseGet(() -> Exposure.ceil(prices.dearest(now), wanted));
  }
}
