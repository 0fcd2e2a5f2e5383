package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a pool's nodes cost an hour, ready or not, used or not.
///
/// @param byType dollars an hour by capacity type, for types that have nodes
/// @param assumed true if a node is charged at an upper bound
public record PoolCost(SortedMap<CapacityType, HourlyRate> byType, boolean assumed) {
  public PoolCost {
    byType = Collections.unmodifiableSortedMap(new TreeMap<>(byType));
  }

  /// The cost of the nodes of `pool` at `now`.
  public static PoolCost of(Pool pool, Instant now) {
    Map<CapacityType, HourlyRate> byType = new EnumMap<>(CapacityType.class);
    boolean assumed = false;
    for (Pool.Node node : pool.nodes()) {
      Quote quote = pool.prices().quote(node.type(), now);
      byType.merge(node.type(), quote.perNodeHour(), HourlyRate::plus);
      assumed |= quote.assumed();
    }
    return new PoolCost(new TreeMap<>(byType), assumed);
  }

  /// Dollars an hour of all of them.
  public HourlyRate total() {
    return byType.values().stream().reduce(HourlyRate.ZERO, HourlyRate::plus);
  }
}
