package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.pool.PoolDecision;
import dev.comptroller.decide.pool.PoolMemory;
import dev.comptroller.decide.pool.PoolPolicy;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// The pools of the cluster with their nodes and prices, as the caches show them.
///
/// What a pool declared before stays known: a price that is edited holds from the edit on, and a
/// pool whose spec is invalid keeps what its last valid spec declared, over restarts too.
public final class Pools {
  private final FleetView view;
  private final PriceStore store;
  private final Clock clock;
  private final Map<String, PriceLog> logs = new ConcurrentHashMap<>();
  private final Map<String, PriceLog> kept = new ConcurrentHashMap<>();

  /// The pools in `view`, with their past in `store`.
  public Pools(FleetView view, PriceStore store, Clock clock) {
    this.view = view;
    this.store = store;
    this.clock = clock;
  }

  /// Reads what pools declared before. Only the leader may call this, before anything is charged.
  public void load() {
    Map<String, PriceLog> stored = store.all();
    kept.putAll(stored);
    logs.clear();
    logs.putAll(stored);
  }

  /// Makes what `pool` declared last durable, if it is not.
  public void keep(String pool) {
    PriceLog log = declared().containsKey(pool) ? logs.get(pool) : null;
    if (log != null && !log.equals(kept.get(pool))) {
      store.write(pool, log);
      kept.put(pool, log);
    }
  }

  /// What the pools declare, by name.
  public SortedMap<String, Declared> declared() {
    SortedMap<String, Declared> pools = new TreeMap<>();
    for (GpuNodePool pool : view.pools()) {
      String name = pool.getMetadata().getName();
      log(name, pool).inForce().ifPresent(declared -> pools.put(name, declared));
    }
    return pools;
  }

  /// What one pool declares; absent if it is gone or never declared anything.
  public Optional<Declared> declared(String name) {
    return view.pool(name).flatMap(pool -> log(name, pool).inForce());
  }

  private PriceLog log(String name, GpuNodePool pool) {
    return switch (PoolParser.parse(pool)) {
      case Parsed.Invalid<Declared>(_) -> logs.getOrDefault(name, PriceLog.EMPTY);
      case Parsed.Valid<Declared>(Declared declared) ->
          Objects.requireNonNull(
              logs.compute(
                  name,
                  (_, old) -> {
                    PriceLog log = old == null ? PriceLog.EMPTY : old;
                    return log.with(declared, log.editedAt(writes(pool), clock.instant()));
                  }));
    };
  }

  /// When somebody wrote the spec of `pool`.
  private static List<Instant> writes(GpuNodePool pool) {
    List<ManagedFieldsEntry> entries = pool.getMetadata().getManagedFields();
    return entries == null
        ? List.of()
        : entries.stream()
            .filter(entry -> entry.getSubresource() == null || entry.getSubresource().isEmpty())
            .flatMap(entry -> PodFacts.instant(entry.getTime()).stream())
            .toList();
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

  /// `declared` with the prices that hold of the same pool, as far as the caches know it already.
  Declared inForce(Declared declared) {
    return declared().getOrDefault(declared.name(), declared);
  }

  private SortedMap<CapacityType, Integer> further(Declared declared, List<NodeFacts> nodes) {
    Optional<GpuNodePool> pool = view.pool(declared.name());
    Optional<PoolPolicy> policy = pool.flatMap(found -> PoolParser.policy(found, declared));
    if (policy.isEmpty()) {
      return new TreeMap<>();
    }
    Map<CapacityType, Integer> present = new EnumMap<>(CapacityType.class);
    nodes.stream()
        .filter(node -> node.pool().equals(declared.name()))
        .forEach(node -> present.merge(node.type(), 1, Integer::sum));
    PoolMemory memory = PoolCodec.memory(PoolReport.previous(pool.orElseThrow()));
    return PoolDecision.further(present, memory, policy.get(), clock.instant());
  }

  private Pool observe(Declared declared, List<NodeFacts> nodes, Map<String, Integer> used) {
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
        declared.name(),
        declared.product(),
        declared.prices(),
        declared.maxHourlySpend(),
        own,
        further(declared, nodes));
  }

  /// GPUs that pods hold, by node.
  Map<String, Integer> gpusUsed() {
    Map<String, Integer> used = new HashMap<>();
    for (Pod pod : view.pods()) {
      if (!PodFacts.isOver(pod)) {
        PodFacts.node(pod).ifPresent(node -> used.merge(node, PodFacts.gpus(pod), Integer::sum));
      }
    }
    return used;
  }
}
