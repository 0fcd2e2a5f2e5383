package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.CapacityType;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus.CapacityStatus;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.condition.PoolConditions;
import dev.comptroller.decide.cost.PoolBill;
import dev.comptroller.decide.cost.PoolCost;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.pool.PoolMemory;
import dev.comptroller.decide.pool.PoolPlan;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.reconcile.status.Conditions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The status of a GpuNodePool from what was seen. Pure.
final class PoolReport {
  private PoolReport() {}

  /// The next status.
  ///
  /// @param plan what its provisioner is asked for; absent where nodes are only counted
  /// @param refusal why the provisioner could not be asked; absent if it could
  /// @param bill what its nodes cost; absent if that is not known
  static GpuNodePoolStatus of(
      GpuNodePool object,
      Pool pool,
      PoolCost cost,
      @Nullable PoolPlan plan,
      @Nullable String refusal,
      @Nullable PoolBill bill,
      Instant now) {
    long generation = object.getMetadata().getGeneration();
    List<Finding> findings = new ArrayList<>(PoolConditions.judge(pool, now));
    if (plan == null) {
      findings.add(provisioning());
    } else {
      PoolConditions.overlay(findings, plan, refusal);
    }
    BillReport.Shown money = BillReport.next(previous(object), bill, now);
    PoolMemory memory = plan == null ? PoolMemory.EMPTY : plan.memory();
    return new GpuNodePoolStatus(
        generation,
        Conditions.next(previous(object).conditions(), findings, generation, now),
        capacity(object, pool, cost, memory, now),
        pool.nodes().size(),
        pool.totalGpus(),
        pool.usedGpus(),
        pool.freeGpus(),
        cost.total().toString(),
        plan == null ? null : plan.planned().toString(),
        money.allocated(),
        money.unallocated(),
        money.bill(),
        PoolCodec.idle(memory),
        PoolCodec.releasing(memory));
  }

  /// The status when the spec cannot be carried out: everything stays, `Ready` says why.
  static GpuNodePoolStatus invalid(GpuNodePool object, Finding finding, Instant now) {
    GpuNodePoolStatus p = previous(object);
    long generation = object.getMetadata().getGeneration();
    return new GpuNodePoolStatus(
        generation,
        Conditions.with(p.conditions(), finding, generation, now),
        p.capacity(),
        p.nodes(),
        p.gpus(),
        p.gpusUsed(),
        p.gpusFree(),
        p.hourlyCost(),
        p.plannedHourlyCost(),
        p.allocatedHourlyCost(),
        p.unallocatedHourlyCost(),
        p.bill(),
        p.idle(),
        p.releasing());
  }

  /// The status that `object` shows, or an empty one.
  static GpuNodePoolStatus previous(GpuNodePool object) {
    GpuNodePoolStatus status = object.getStatus();
    return status != null ? status : GpuNodePoolStatus.empty();
  }

  private static Finding provisioning() {
    return Finding.no("Provisioning", "StaticPool", "0 nodes are added or removed by the operator");
  }

  private static List<CapacityStatus> capacity(
      GpuNodePool object, Pool pool, PoolCost cost, PoolMemory memory, Instant now) {
    List<CapacityStatus> statuses = new ArrayList<>();
    for (CapacityType wire : CapacityType.values()) {
      var type = PoolParser.type(wire);
      List<Pool.Node> nodes = pool.nodes().stream().filter(node -> node.type() == type).toList();
      boolean declared = object.getSpec().capacity().stream().anyMatch(c -> c.type() == wire);
      if (nodes.isEmpty() && !declared) {
        continue;
      }
      List<Pool.Node> ready = nodes.stream().filter(Pool.Node::ready).toList();
      statuses.add(
          new CapacityStatus(
              wire,
              nodes.size(),
              ready.stream().mapToInt(Pool.Node::gpus).sum(),
              ready.stream().mapToInt(Pool.Node::usedGpus).sum(),
              nodes.stream().mapToInt(Pool.Node::freeGpus).sum(),
              pool.prices().quote(type, now).perNodeHour().toString(),
              rate(cost.byType(), type).toString(),
              PoolCodec.asked(memory, type)));
    }
    return statuses;
  }

  private static HourlyRate rate(
      Map<dev.comptroller.decide.fleet.CapacityType, HourlyRate> byType,
      dev.comptroller.decide.fleet.CapacityType type) {
    return byType.getOrDefault(type, HourlyRate.ZERO);
  }
}
