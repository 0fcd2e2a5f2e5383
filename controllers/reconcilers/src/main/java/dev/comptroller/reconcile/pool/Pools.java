package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// The pools of the cluster with their nodes and prices, as the caches show them.
///
/// A pool whose spec is invalid keeps what its last valid spec declared, as long as this process
/// has seen it.
public final class Pools {
  private final FleetView view;
  private final Map<String, Declared> lastValid = new ConcurrentHashMap<>();

  /// The pools in `view`.
  public Pools(FleetView view) {
    this.view = view;
  }

  /// What the pools declare, by name.
  public SortedMap<String, Declared> declared() {
    SortedMap<String, Declared> pools = new TreeMap<>();
    for (GpuNodePool pool : view.pools()) {
      String name = pool.getMetadata().getName();
      switch (PoolParser.parse(pool)) {
        case Parsed.Valid<Declared>(Declared declared) -> {
          lastValid.put(name, declared);
          pools.put(name, declared);
        }
        case Parsed.Invalid<Declared>(_) ->
            Optional.ofNullable(lastValid.get(name)).ifPresent(old -> pools.put(name, old));
      }
    }
    return pools;
  }

  /// The price books of all pools.
  public PriceBooks books() {
    Map<String, PriceBook> books = new HashMap<>();
    declared().forEach((name, declared) -> books.put(name, declared.prices()));
    return PriceBooks.of(books);
  }

  /// All pools with their nodes, by name.
  public SortedMap<String, Pool> observe() {
    Map<String, Integer> used = gpusUsed();
    List<NodeFacts> nodes = view.nodes();
    SortedMap<String, Pool> pools = new TreeMap<>();
    declared().forEach((name, declared) -> pools.put(name, observe(declared, nodes, used)));
    return pools;
  }

  private static Pool observe(Declared declared, List<NodeFacts> nodes, Map<String, Integer> used) {
    List<Pool.Node> own =
        nodes.stream()
            .filter(node -> node.pool().equals(declared.name()))
            .map(
                node ->
                    new Pool.Node(
                        node.name(),
                        node.type(),
                        node.ready(),
                        node.gpus(),
                        used.getOrDefault(node.name(), 0)))
            .toList();
    return new Pool(
        declared.name(), declared.product(), declared.prices(), declared.maxHourlySpend(), own);
  }

  private Map<String, Integer> gpusUsed() {
    Map<String, Integer> used = new HashMap<>();
    for (Pod pod : view.pods()) {
      if (!PodFacts.isOver(pod)) {
        PodFacts.node(pod).ifPresent(node -> used.merge(node, PodFacts.gpus(pod), Integer::sum));
      }
    }
    return used;
  }
}
