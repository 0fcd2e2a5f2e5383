package dev.comptroller.decide.condition;

import dev.comptroller.decide.cost.PoolCost;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// The conditions of a GpuNodePool: `Ready` and `WithinCeiling`.
public final class PoolConditions {
  private PoolConditions() {}

  /// Both, at `now`.
  public static List<Finding> judge(Pool pool, Instant now) {
    Chain<Pool> ready =
        new Chain<>(
            List.of(
                PoolConditions::noNodes, PoolConditions::wrongGpus, each -> unpriced(each, now)),
            each ->
                Finding.yes(
                    "Ready",
                    "Counted",
                    "%d of %d nodes ready, %d GPUs"
                        .formatted(each.readyNodes(), each.nodes().size(), each.totalGpus())));
    return List.of(ready.judge(pool), withinCeiling(pool, PoolCost.of(pool, now)));
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
        : Finding.yes("WithinCeiling", "BelowCeiling", figures);
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
                    "UnpricedNodes",
                    "node %s has %d GPUs and gpu.perNode is %d: prices of its GPUs are wrong"
                        .formatted(node.name(), node.gpus(), expected)));
  }

  private static Optional<Finding> unpriced(Pool pool, Instant now) {
    return pool.nodes().stream()
        .filter(node -> pool.prices().inForce(node.type(), now).isEmpty())
        .findFirst()
        .map(
            node ->
                Finding.no(
                    "Ready",
                    "UnpricedNodes",
                    "node %s has capacity type %s without a price in force: charged $%s an hour"
                        .formatted(node.name(), node.type().label(), pool.prices().highest(now))));
  }
}
