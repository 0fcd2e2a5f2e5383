package dev.comptroller.decide.condition;

import dev.comptroller.decide.cost.PoolCost;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.pool.PoolPlan;
import dev.comptroller.decide.pool.PoolPlan.Adding;
import dev.comptroller.decide.pool.PoolPlan.Blocked;
import dev.comptroller.decide.pool.PoolPlan.Lack;
import dev.comptroller.decide.pool.PoolPlan.Removing;
import dev.comptroller.decide.pool.PoolPlan.Steady;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  /// Says in `findings` what comes and goes, and what the ceiling has to do with it.
  ///
  /// @param refusal why the provisioner could not be asked; absent if it could
  public static void overlay(List<Finding> findings, PoolPlan plan, @Nullable String refusal) {
    if (plan.outcome() instanceof Blocked(Lack lack, _, String message) && lack == Lack.Ceiling) {
      findings.replaceAll(
          f ->
              f.type().equals("WithinCeiling") && f.holds()
                  ? Finding.no("WithinCeiling", "CeilingReached", message)
                  : f);
    }
    findings.add(
        refusal != null
            ? Finding.no(
                "Provisioning",
                "ProvisionerRefused",
                "%s; asked for: %s".formatted(refusal, plan.outcome().message()))
            : provisioning(plan));
  }

  private static Finding provisioning(PoolPlan plan) {
    String message = plan.outcome().message();
    return switch (plan.outcome()) {
      case Steady _ -> Finding.no("Provisioning", "Steady", message);
      case Adding _ -> Finding.yes("Provisioning", "AddingNodes", message);
      case Removing _ -> Finding.yes("Provisioning", "RemovingNodes", message);
      case Blocked(Lack lack, _, _) ->
          Finding.no(
              "Provisioning",
              switch (lack) {
                case Ceiling -> "CeilingReached";
                case MaxNodes -> "MaxNodesReached";
                case Provisioning -> "ProvisioningFailed";
                case ReplicaTooLarge -> "ReplicaTooLarge";
              },
              message);
    };
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
