package dev.comptroller.decide.condition;

import dev.comptroller.decide.cost.PoolCost;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.units.HourlyRate;
import java.util.List;
import java.util.Optional;

/// The conditions of a GpuNodePool: `Ready` and `WithinCeiling`.
public final class PoolConditions {
  private static final Chain<Pool> READY =
      new Chain<>(
          List.of(
              PoolConditions::noNodes,
              PoolConditions::wrongGpus,
              PoolConditions::untyped,
              PoolConditions::notReady),
          pool ->
              Finding.yes(
                  "Ready",
                  "NodesReady",
                  "%d of %d nodes ready, %d GPUs"
                      .formatted(pool.readyNodes(), pool.nodes().size(), pool.totalGpus())));

  private PoolConditions() {}

  /// Both, given what the pool's nodes cost.
  public static List<Finding> judge(Pool pool, PoolCost cost) {
    return List.of(READY.judge(pool), withinCeiling(pool, cost));
  }

  private static Finding withinCeiling(Pool pool, PoolCost cost) {
    HourlyRate ceiling = pool.maxHourlySpend();
    if (ceiling == null) {
      return Finding.yes(
          "WithinCeiling",
          "NoCeiling",
          "$%s an hour, maxHourlySpend is not set".formatted(cost.total()));
    }
    String figures =
        "$%s an hour of %d nodes, maxHourlySpend $%s"
            .formatted(cost.total(), pool.nodes().size(), ceiling);
    return cost.total().compareTo(ceiling) > 0
        ? Finding.no("WithinCeiling", "AboveCeiling", figures)
        : Finding.yes("WithinCeiling", "Within", figures);
  }

  private static Optional<Finding> noNodes(Pool pool) {
    return pool.nodes().isEmpty()
        ? Optional.of(
            Finding.no(
                "Ready",
                "NoNodes",
                "0 nodes carry the label comptroller.dev/pool=%s".formatted(pool.name())))
        : Optional.empty();
  }

  private static Optional<Finding> wrongGpus(Pool pool) {
    int expected = pool.prices().gpusPerNode();
    return pool.nodes().stream()
        .filter(node -> node.ready() && node.gpus() != expected)
        .findFirst()
        .map(
            node ->
                Finding.no(
                    "Ready",
                    "UnexpectedGpus",
                    "node %s has %d GPUs and gpu.perNode is %d: prices of its GPUs are wrong"
                        .formatted(node.name(), node.gpus(), expected)));
  }

  private static Optional<Finding> untyped(Pool pool) {
    return pool.nodes().stream()
        .filter(node -> node.type() == CapacityType.Unknown)
        .findFirst()
        .map(
            node ->
                Finding.no(
                    "Ready",
                    "CapacityTypeUnknown",
                    "node %s lacks label comptroller.dev/capacity-type: the highest price counts"
                        .formatted(node.name())));
  }

  private static Optional<Finding> notReady(Pool pool) {
    return pool.readyNodes() == pool.nodes().size()
        ? Optional.empty()
        : Optional.of(
            Finding.no(
                "Ready",
                "NodesNotReady",
                "%d of %d nodes ready".formatted(pool.readyNodes(), pool.nodes().size())));
  }
}
