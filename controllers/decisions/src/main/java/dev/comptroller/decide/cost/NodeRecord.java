package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The durable truth of what the nodes of a pool cost: GPU-seconds of those that left, and since
/// when the others are there.
///
/// A node counts from when it joined to when it left, with as many GPUs as share its price, ready
/// or not. Of one that left while nobody looked the end is not known: it counts until it was found
/// gone, and what that may be too much is kept apart. A value: it differs only if something came,
/// went or is charged in another way, so that nothing has to be written while nodes stay.
///
/// @param closed GPU-seconds of nodes that left
/// @param unobserved the part of `closed` after a node was last known to be there and before it was
///   found gone
/// @param open nodes that are there, ordered by name
/// @param at when this changed last: every open node was there then
public record NodeRecord(SpendRecord closed, SpendRecord unobserved, List<Open> open, Instant at) {
  /// No nodes, ever.
  public static final NodeRecord EMPTY =
      new NodeRecord(SpendRecord.EMPTY, SpendRecord.EMPTY, List.of(), Instant.EPOCH);

  private static final Comparator<Open> ORDER =
      Comparator.comparing(Open::name).thenComparing(Open::joined);

  public NodeRecord {
    List<Open> sorted = new ArrayList<>(open);
    sorted.sort(ORDER);
    open = List.copyOf(sorted);
  }

  /// Which node: a name may come again, at another time.
  public record NodeKey(String name, Instant joined) {}

  /// A node of the pool that is there.
  ///
  /// @param key which
  /// @param type how it is paid for
  /// @param from since when it is of this pool
  public record Node(NodeKey key, CapacityType type, Instant from) {}

  /// A node that is charged.
  ///
  /// @param name its name
  /// @param joined when it joined the cluster
  /// @param type how it is paid for
  /// @param gpus GPUs that share its price
  /// @param from since when it is charged like this
  public record Open(String name, Instant joined, CapacityType type, int gpus, Instant from) {
    NodeKey key() {
      return new NodeKey(name, joined);
    }

    private ReplicaInterval interval(String pool, ReplicaInterval.End end) {
      return new ReplicaInterval(name + "@" + joined, pool, type, gpus, from, end);
    }
  }

  /// What is seen of a pool.
  ///
  /// @param pool its name
  /// @param gpusPerNode GPUs that share the price of a node
  /// @param nodes all its nodes
  /// @param left when nodes were seen to leave it, as far as somebody looked
  /// @param known an instant at which all nodes of this record were there, as far as others know
  public record Sight(
      String pool,
      int gpusPerNode,
      Collection<Node> nodes,
      Map<NodeKey, Instant> left,
      Instant known) {}

  /// This record after `sight` at `now`; the same if nothing is new.
  public NodeRecord after(Sight sight, PriceBooks books, Instant now) {
    Map<NodeKey, Node> present = new HashMap<>();
    sight.nodes().forEach(node -> present.put(node.key(), node));
    SpendRecord ended = closed;
    SpendRecord doubtful = unobserved;
    List<Open> next = new ArrayList<>();
    for (Open node : open) {
      Optional<Node> still = Optional.ofNullable(present.remove(node.key()));
      if (still.isPresent()
          && still.get().type() == node.type()
          && sight.gpusPerNode() == node.gpus()) {
        next.add(node);
        continue;
      }
      Instant left = still.isPresent() ? now : sight.left().get(node.key());
      ReplicaInterval.End end =
          left == null ? new ReplicaInterval.UpperBound(now) : new ReplicaInterval.Known(left);
      ReplicaInterval interval = node.interval(sight.pool(), end);
      ended = add(ended, interval, books);
      if (left == null) {
        doubtful = add(doubtful, from(interval, later(at, sight.known())), books);
      }
      still.ifPresent(it -> next.add(opened(it, sight.gpusPerNode(), interval.endAt(now))));
    }
    present.values().forEach(it -> next.add(opened(it, sight.gpusPerNode(), it.from())));
    next.sort(ORDER);
    return next.equals(open)
        ? this
        : new NodeRecord(ended.pruned(now), doubtful.pruned(now), next, now);
  }

  /// The time of the nodes that are there.
  public List<ReplicaInterval> live(String pool) {
    return open.stream().map(node -> node.interval(pool, new ReplicaInterval.Running())).toList();
  }

  private static Open opened(Node node, int gpus, Instant from) {
    return new Open(node.key().name(), node.key().joined(), node.type(), gpus, from);
  }

  private static SpendRecord add(SpendRecord record, ReplicaInterval interval, PriceBooks books) {
    return record.record(interval, books).forget(interval.uid());
  }

  private static ReplicaInterval from(ReplicaInterval interval, Instant start) {
    return new ReplicaInterval(
        interval.uid(),
        interval.pool(),
        interval.type(),
        interval.gpus(),
        later(interval.start(), start),
        interval.end());
  }

  private static Instant later(Instant left, Instant right) {
    return left.isAfter(right) ? left : right;
  }
}
