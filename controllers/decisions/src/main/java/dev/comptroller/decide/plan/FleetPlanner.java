package dev.comptroller.decide.plan;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// Plans a fleet: which replicas, of which variants, on which nodes.
///
/// Every deployment's choice is whole and exact; what they share - nodes, pools' dollar ceilings,
/// namespaces' allowances - is coupled by prices ([Dual]) and then made to hold ([Filling]). Total
/// and deterministic: the same demand and supply give the same plan, on any number of cores.
public final class FleetPlanner {
  private FleetPlanner() {}

  /// A plan from nothing.
  public static Plan plan(FleetDemand demand, FleetSupply supply) {
    Grid grid = new Grid(supply, demand);
    List<DeploymentDemand> all = demand.deployments();
    Program[] programs = new Program[all.size()];
    Dual.parallel(
        programs.length,
        (from, to) -> {
          Cover cover = new Cover();
          for (int d = from; d < to; d++) {
            programs[d] = Program.of(all.get(d), grid, cover);
          }
        });
    Dual dual = new Dual(grid, programs, ranks(all), new double[grid.rows]);
    dual.settle();
    Column[] wanted = new Column[programs.length];
    Arrays.setAll(wanted, dual::cheapest);
    Column[] columns = new Column[programs.length];
    Load load = new Load(grid);
    List<Integer> who = IntStream.range(0, columns.length).boxed().toList();
    new Filling(programs, columns, load, dual.worth).fill(who, wanted);
    long[] bounds = new long[columns.length];
    Dual.parallel(
        programs.length,
        (from, to) -> {
          Cover cover = new Cover();
          for (int d = from; d < to; d++) {
            bounds[d] = Dual.bound(programs[d], columns[d], dual.worth, grid, cover);
          }
        });
    return new Plan(demand, grid, programs, columns, load, dual.worth, bounds);
  }

  /// By deployment, how many priorities are lower than its own.
  private static int[] ranks(List<DeploymentDemand> all) {
    TreeSet<Integer> priorities = new TreeSet<>();
    all.forEach(each -> priorities.add(each.priority()));
    List<Integer> sorted = List.copyOf(priorities);
    return all.stream().mapToInt(each -> sorted.indexOf(each.priority())).toArray();
  }
}
