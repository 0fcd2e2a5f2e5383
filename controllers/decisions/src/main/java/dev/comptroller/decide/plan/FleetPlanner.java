package dev.comptroller.decide.plan;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// Plans a fleet: which replicas, of which variants, on which nodes.
///
/// Every deployment's choice is whole and exact; what they share - nodes, pools' dollar ceilings,
/// namespaces' allowances - is coupled by prices ([Dual]), made to hold ([Filling]) and made
/// cheaper where that hurts nobody ([Exchange]); what that frees goes to those who are short. Total
/// and deterministic: the same demand and supply give the same plan, on any number of cores.
public final class FleetPlanner {
  /// How many deployments prices are first settled for, in how many sweeps and moves.
  private static final int SAMPLE = 1000;

  private static final int SAMPLE_SWEEPS = 8;
  private static final int SAMPLE_MOVES = 30;
  private static final int SWEEPS = 3;
  private static final int MOVES = 60;
  private static final int TIGHTENINGS = 40;
  private static final int PROOF_SWEEPS = 2;
  private static final int PROOF_MOVES = 80;
  private static final int NEAR_PRICES = 4;

  /// How often a plan is made cheaper again after those who are short got what that freed.
  private static final int REFILLS = 2;

  private FleetPlanner() {}

  /// A plan from nothing.
  public static Plan plan(FleetDemand demand, FleetSupply supply) {
    Grid grid = new Grid(supply, demand);
    Program[] programs = programs(demand, grid);
    int[] ranks = ranks(demand.deployments());
    int stride = Math.max(1, programs.length / SAMPLE);
    double[] start = Dual.ofSample(grid, programs, ranks, stride, SAMPLE_SWEEPS, SAMPLE_MOVES);
    Dual dual = new Dual(grid, programs, null, ranks, start);
    dual.settle(SWEEPS, MOVES);
    double[] settled = dual.worth.clone();
    dual.tighten(TIGHTENINGS);
    Column[] wanted = dual.cheapest();
    spread(dual, programs, wanted);
    Column[] columns = new Column[programs.length];
    Load load = new Load(grid);
    List<Integer> who = IntStream.range(0, columns.length).boxed().toList();
    Filling filling = new Filling(programs, columns, load, dual.worth);
    boolean enough = filling.fill(who, wanted);
    Dual proof = new Dual(grid, programs, columns, ranks, settled);
    proof.prove(dual, PROOF_SWEEPS, PROOF_MOVES);
    keepNear(proof);
    exchange(proof, columns, load, enough);
    for (int refill = 0; !enough && filling.refill(); refill++) {
      if (refill < REFILLS) {
        Dual last = proof;
        proof = new Dual(grid, programs, columns, ranks, last.bestWorth);
        proof.prove(last, PROOF_SWEEPS, PROOF_MOVES);
        exchange(proof, columns, load, false);
      }
    }
    return new Plan(demand, grid, programs, columns, load, proof.bestWorth, proof.bestLeast);
  }

  /// A plan from the one before, touching only what a change of demand, room, ceilings or
  /// allowances touches. Other prices, pools, capacity types or namespaces give a plan from
  /// nothing. Prices stay those of the plan before: plan from nothing when [Plan#gapPerMillion]
  /// has grown too large.
  public static Plan replan(Plan before, FleetDemand demand, FleetSupply supply) {
    Grid grid = new Grid(supply, demand);
    return grid.hasShapeOf(before.grid)
        ? new Replanning(before, demand, grid).run()
        : plan(demand, supply);
  }

  private static Program[] programs(FleetDemand demand, Grid grid) {
    Program[] programs = new Program[demand.deployments().size()];
    Dual.parallel(
        programs.length,
        (from, to) -> {
          Cover cover = new Cover();
          for (int d = from; d < to; d++) {
            programs[d] = Program.of(demand.deployments().get(d), grid, cover);
          }
        });
    return programs;
  }

  /// Lets who loses least by it want something else where more is wanted of a row than there is.
  private static void spread(Dual dual, Program[] programs, Column[] wanted) {
    Load load = new Load(dual.grid);
    for (int d = 0; d < wanted.length; d++) {
      if (programs[d].isShort(wanted[d])) {
        return;
      }
      load.add(wanted[d]);
    }
    new Rebuilding(wanted, load, dual.worth, dual.kept).repair();
  }

  /// Keeps the columns that are cheapest at prices near the proof's too.
  private static void keepNear(Dual proof) {
    for (int near = 0; near < NEAR_PRICES; near++) {
      double[] prices = proof.bestWorth.clone();
      for (int row = 0; row < prices.length; row++) {
        prices[row] *= (row >> near) % 2 == 0 ? 1.1 : 0.9;
      }
      proof.keepCheapest(prices);
    }
  }

  /// Looks for a cheaper plan with the columns of the proof.
  private static void exchange(Dual proof, Column[] columns, Load load, boolean enough) {
    Exchange exchange =
        new Exchange(columns, load, proof.bestWorth, proof.kept, enough ? proof : null);
    exchange.rebuild();
    exchange.run();
  }

  /// By deployment, how many priorities are lower than its own.
  private static int[] ranks(List<DeploymentDemand> all) {
    TreeSet<Integer> priorities = new TreeSet<>();
    all.forEach(each -> priorities.add(each.priority()));
    List<Integer> sorted = List.copyOf(priorities);
    return all.stream().mapToInt(each -> sorted.indexOf(each.priority())).toArray();
  }
}
