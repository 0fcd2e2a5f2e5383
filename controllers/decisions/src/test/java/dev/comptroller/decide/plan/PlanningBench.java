package dev.comptroller.decide.plan;

import com.sun.management.OperatingSystemMXBean;
import dev.comptroller.decide.units.TokensPerSecond;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/// Times plans of a large made-up fleet; `e2e/bench/planning` runs it. Exits with 1 when a median
/// or the gap of a full plan is above its goal.
final class PlanningBench {
  private static final double FULL_MILLIS = 2_000;
  private static final double CHANGE_MILLIS = 5;
  private static final double GAP_PERCENT = 1;
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private PlanningBench() {}

  private record Timed(Plan plan, double wall, double cpu) {}

  public static void main(String[] args) {
    int deployments = Integer.parseInt(args[0]);
    int rounds = Integer.parseInt(args[1]);
    int changes = Integer.parseInt(args[2]);
    boolean held = true;
    for (int room : new int[] {200, 100, 60}) {
      Fleets.Fleet fleet = Fleets.make(new Fleets.Size(deployments, 8, 8, 100, room), 1);
      double[] wall = new double[rounds];
      double[] cpu = new double[rounds];
      double first = 0;
      Plan plan =
          FleetPlanner.plan(FleetDemand.of(List.of(), fleet.demand().allowances()), fleet.supply());
      for (int round = -1; round < rounds; round++) {
        Timed timed = time(() -> FleetPlanner.plan(fleet.demand(), fleet.supply()));
        plan = timed.plan();
        if (round < 0) {
          first = timed.wall();
        } else {
          wall[round] = timed.wall();
          cpu[round] = timed.cpu();
        }
      }
      Arrays.sort(wall);
      Arrays.sort(cpu);
      System.out.printf(
          "nodes for %d %% of the demand: full plan %.0f ms (first %.0f), %.0f ms of CPU;"
              + " $%s/h, bound $%s/h, gap %.2f %%; %d of %d get less than they want%n",
          room,
          wall[rounds / 2],
          first,
          cpu[rounds / 2],
          plan.cost().print(2),
          plan.bound().print(2),
          plan.gapPerMillion() / 1e4,
          plan.shorted().size(),
          deployments);
      held &= within("full plan, ms", wall[rounds / 2], FULL_MILLIS);
      held &= within("gap, percent", plan.gapPerMillion() / 1e4, GAP_PERCENT);
      double change = incremental(plan, fleet, changes, cpu[rounds / 2]);
      held &= within("plan after one change, ms", change, CHANGE_MILLIS);
    }
    System.exit(held ? 0 : 1);
  }

  private static boolean within(String what, double value, double goal) {
    if (value > goal) {
      System.out.printf("  short of the goal: %s %.2f, goal %.0f%n", what, value, goal);
    }
    return value <= goal;
  }

  /// The median of the plans after one change, in milliseconds.
  private static double incremental(Plan full, Fleets.Fleet fleet, int changes, double fullCpu) {
    Random random = new Random(7);
    Plan plan = full;
    FleetSupply supply = fleet.supply();
    List<Double> wall = new ArrayList<>();
    double cpu = 0;
    for (int i = 0; i < changes; i++) {
      FleetDemand demand = plan.demand();
      if (i % 4 == 3) {
        supply = supply.with(resized(supply.pools().get(random.nextInt(8)), random));
      } else {
        DeploymentDemand one =
            demand.deployments().get(random.nextInt(demand.deployments().size()));
        long tokens = (long) (one.demand().thousandths() * (0.5 + random.nextDouble())) + 1;
        demand = demand.with(List.of(one.with(new TokensPerSecond(tokens))));
      }
      Plan last = plan;
      FleetDemand asked = demand;
      FleetSupply there = supply;
      Timed timed = time(() -> FleetPlanner.replan(last, asked, there));
      plan = timed.plan();
      wall.add(timed.wall());
      cpu += timed.cpu();
    }
    wall.sort(null);
    System.out.printf(
        "  incremental: median %.2f ms, p90 %.2f ms, most %.2f ms, %.2f ms of CPU on average,"
            + " 1/%.0f of full; gap after %d changes %.2f %%%n",
        wall.get(changes / 2),
        wall.get(changes * 9 / 10),
        wall.getLast(),
        cpu / changes,
        fullCpu / (cpu / changes),
        changes,
        plan.gapPerMillion() / 1e4);
    return wall.get(changes / 2);
  }

  /// One node more or less of what is bought.
  private static PoolSupply resized(PoolSupply pool, Random random) {
    List<CapacitySupply> capacity = new ArrayList<>();
    for (CapacitySupply each : pool.capacity()) {
      int most = Math.max(each.paid(), each.most() + random.nextInt(3) - 1);
      capacity.add(new CapacitySupply(each.type(), each.perNode(), each.paid(), most));
    }
    return new PoolSupply(pool.pool(), pool.gpusPerNode(), pool.ceiling(), capacity);
  }

  private static Timed time(Supplier<Plan> work) {
    long cpu = SYSTEM.getProcessCpuTime();
    long start = System.nanoTime();
    Plan plan = work.get();
    return new Timed(
        plan, (System.nanoTime() - start) / 1e6, (SYSTEM.getProcessCpuTime() - cpu) / 1e6);
  }
}
