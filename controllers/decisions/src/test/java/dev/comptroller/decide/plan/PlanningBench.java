package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.List;

/// Times plans of a large made-up fleet; `e2e/bench/planning` runs it.
final class PlanningBench {
  private PlanningBench() {}

  public static void main(String[] args) {
    int deployments = Integer.parseInt(args[0]);
    int rounds = Integer.parseInt(args[1]);
    for (int room : new int[] {200, 100, 60}) {
      Fleets.Fleet fleet = Fleets.make(new Fleets.Size(deployments, 8, 8, 100, room), 1);
      List<Double> full = new ArrayList<>();
      Plan plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
      for (int round = 0; round < rounds; round++) {
        long start = System.nanoTime();
        plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
        full.add((System.nanoTime() - start) / 1e6);
      }
      System.out.printf(
          "room %3d %%: full %s ms; cost $%s/h bound $%s/h gap %.3f %%; short %d%n",
          room,
          full.stream().map("%.0f"::formatted).toList(),
          plan.cost().print(2),
          plan.bound().print(2),
          plan.gapPerMillion() / 1e4,
          plan.shorted().size());
    }
  }
}
