package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.NodeRecord;
import dev.comptroller.decide.cost.NodeRecord.Node;
import dev.comptroller.decide.cost.NodeRecord.NodeKey;
import dev.comptroller.decide.cost.NodeRecord.Sight;
import dev.comptroller.decide.cost.PoolBill;
import dev.comptroller.decide.cost.PoolBill.Held;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.reconcile.pool.NodeStore.Stored;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.spend.Meter;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What each pool's nodes cost in the calendar month (UTC), and which namespaces held them.
///
/// Which nodes there are, since when, and what those cost that left is durable: it is written when
/// a node comes, goes or is charged in another way, and at no other time. A node that leaves while
/// this process looks on ends then; one that is found gone after a restart ends when it is found,
/// and the bill says how much that may be too much.
public final class PoolAccounts {
  private static final Logger LOG = LoggerFactory.getLogger(PoolAccounts.class);
  private static final Calendar MONTHS = new Calendar(Period.Month, ZoneOffset.UTC);
  private static final Duration REMEMBERED = Duration.ofDays(1);

  private final FleetView view;
  private final Pools pools;
  private final Meter meter;
  private final NodeStore store;
  private final Clock clock;
  private final Map<String, Stored> records = new ConcurrentHashMap<>();
  private final Map<NodeKey, Place> places = new ConcurrentHashMap<>();
  private final Map<Departure, Instant> left = new ConcurrentHashMap<>();
  private final Map<String, String> problems = new ConcurrentHashMap<>();

  /// The accounts of the pools in `pools`, whose nodes `view` shows once it is started.
  public PoolAccounts(FleetView view, Pools pools, Meter meter, NodeStore store, Clock clock) {
    this.view = view;
    this.pools = pools;
    this.meter = meter;
    this.store = store;
    this.clock = clock;
    view.onNode(this::look);
  }

  /// Where a node is, and since when.
  private record Place(String pool, Instant since) {}

  private record Departure(String pool, NodeKey node) {}

  /// The month that `instant` is in.
  static Window month(Instant instant) {
    return MONTHS.containing(instant);
  }

  /// Makes durable which nodes `pool` has at `now`; then its bill. Absent if it never declared a
  /// price, or if a record cannot be read: then what is right is not known.
  Optional<PoolBill> settle(GpuNodePool pool, Instant now) {
    String name = pool.getMetadata().getName();
    Optional<Declared> declared = pools.declared(name);
    if (declared.isEmpty()) {
      return Optional.empty();
    }
    Stored stored;
    try {
      Stored cached = records.get(name);
      stored = cached == null ? store.read(name) : cached;
    } catch (IllegalArgumentException e) {
      problem(name, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
    NodeRecord next =
        stored
            .record()
            .after(sight(pool, declared.get().prices().gpusPerNode(), now), pools.books(), now);
    if (!next.equals(stored.record())) {
      try {
        stored = store.write(name, next, stored);
      } catch (KubernetesClientException e) {
        // Written or not, or changed by another: read again.
        records.remove(name);
        throw e;
      }
    }
    records.put(name, stored);
    return bill(name, next, now);
  }

  /// The bills at `now` of all pools that this process has settled.
  public SortedMap<String, PoolBill> bills() {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    SortedMap<String, PoolBill> bills = new TreeMap<>();
    records.forEach(
        (pool, stored) -> {
          if (view.pool(pool).isPresent()) {
            bill(pool, stored.record(), now).ifPresent(bill -> bills.put(pool, bill));
          }
        });
    return bills;
  }

  private Optional<PoolBill> bill(String pool, NodeRecord nodes, Instant now) {
    Map<String, Held> held = new HashMap<>();
    for (String namespace : meter.namespaces()) {
      Meter.Reading reading = meter.read(namespace);
      if (reading.problem() != null) {
        problem(pool, reading.problem());
        return Optional.empty();
      }
      held.put(namespace, new Held(reading.record(), reading.live()));
    }
    problems.remove(pool);
    Window month = month(now);
    return Optional.of(
        PoolBill.of(pool, month.start(), month.end(), nodes, held, pools.books(), now));
  }

  private Sight sight(GpuNodePool pool, int gpusPerNode, Instant now) {
    String name = pool.getMetadata().getName();
    List<Node> nodes = new ArrayList<>();
    for (NodeFacts node : view.nodes()) {
      if (node.pool().equals(name)) {
        NodeKey key = key(node);
        Place place = places.get(key);
        Instant since = place == null ? start(node, now) : place.since();
        nodes.add(new Node(key, node.type(), since));
      }
    }
    Map<NodeKey, Instant> gone = new HashMap<>();
    // Seen here before, and not any more: the cache is ahead of what it tells.
    places.keySet().forEach(key -> gone.put(key, now));
    left.forEach(
        (departure, at) -> {
          if (departure.pool().equals(name)) {
            gone.put(departure.node(), at);
          }
        });
    GpuNodePoolStatus.Bill published = PoolReport.previous(pool).bill();
    Instant known = published == null ? Instant.EPOCH : Instant.parse(published.asOf());
    return new Sight(name, gpusPerNode, nodes, gone, known);
  }

  /// Notes when a node comes into a pool and leaves it.
  private void look(NodeFacts node) {
    Instant now = clock.instant();
    NodeKey key = key(node);
    boolean there = view.node(node.name()).filter(it -> key(it).equals(key)).isPresent();
    Place place = places.get(key);
    if (place != null && !(there && place.pool().equals(node.pool()))) {
      left.values().removeIf(at -> at.plus(REMEMBERED).isBefore(now));
      left.put(new Departure(place.pool(), key), now);
      places.remove(key);
    }
    if (there && (place == null || !place.pool().equals(node.pool()))) {
      places.put(key, new Place(node.pool(), place == null ? start(node, now) : now));
    }
  }

  /// Since when a node counts that was not seen in another pool: nobody asks for what is older than
  /// what is kept.
  private static Instant start(NodeFacts node, Instant now) {
    Instant kept = now.minus(SpendRecord.KEPT);
    return node.since().isBefore(kept) ? kept : node.since();
  }

  private static NodeKey key(NodeFacts node) {
    return new NodeKey(node.name(), node.since());
  }

  private void problem(String pool, String message) {
    if (!Objects.equals(problems.put(pool, message), message)) {
      LOG.error("the bill of pool {} is not known: {}", pool, message);
    }
  }
}
