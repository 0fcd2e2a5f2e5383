package dev.comptroller.decide.pool;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Decides how many nodes of which capacity type a pool has. Total, deterministic.
///
/// 1. What is above the ceiling or above `maxNodes` is told to leave: idle nodes first, then those
///    with the lowest priority on them, dearest first.
/// 2. Replicas that run nowhere, or on a node that leaves, are packed whole into free GPUs of nodes
///    that stay, then into new nodes.
/// 3. Nodes that nothing needs for long enough are told to leave, `minNodes` stay.
/// 4. New nodes are had where `minNodes` asks for them, where some are awaited already, then
///    reserved first and otherwise cheapest first, as long as `maxNodes` and the ceiling permit.
///
/// What counts against the ceiling: nodes that are there, leaving ones until they are gone, and
/// nodes that were asked for, from the request on.
public final class PoolDecision {
  private PoolDecision() {}

  /// The plan.
  public static PoolPlan decide(PoolSeen seen, PoolPolicy policy, Instant now) {
    return new PoolPlanning(seen, policy, now).plan();
  }

  /// How many more nodes the pool could come to have, if nobody else took them: what a replica that
  /// finds no free GPU may still hope for. Nodes that are awaited count, nodes that leave do not.
  ///
  /// @param present nodes that are there, leaving ones included, by capacity type
  public static int growth(
      Map<CapacityType, Integer> present, PoolMemory memory, PoolPolicy policy, Instant now) {
    return further(present, memory, policy, now).values().stream()
        .mapToInt(Integer::intValue)
        .sum();
  }

  /// The same by capacity type, in the order in which they would come: within the ceiling all of
  /// them together.
  public static SortedMap<CapacityType, Integer> further(
      Map<CapacityType, Integer> present, PoolMemory memory, PoolPolicy policy, Instant now) {
    HourlyRate cost = HourlyRate.ZERO;
    for (Map.Entry<CapacityType, Integer> entry : present.entrySet()) {
      HourlyRate each = policy.prices().quote(entry.getKey(), now).perNodeHour();
      cost = cost.plus(each.times(entry.getValue()));
    }
    SortedMap<CapacityType, Integer> further = new TreeMap<>();
    for (PoolPolicy.Offer offer : policy.inOrder(now)) {
      Instant retry = memory.asked(offer.type()).retryAt();
      int free = offer.maxNodes() - present.getOrDefault(offer.type(), 0);
      if (retry != null && now.isBefore(retry)) {
        continue;
      }
      HourlyRate each = PoolPlanning.dearest(policy, offer.type(), now);
      for (int i = 0; i < free && fits(policy.ceiling(), cost.plus(each)); i++) {
        cost = cost.plus(each);
        further.merge(offer.type(), 1, Integer::sum);
      }
    }
    return further;
  }

  static boolean fits(@Nullable HourlyRate ceiling, HourlyRate planned) {
    return ceiling == null || planned.compareTo(ceiling) <= 0;
  }
}
