package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The exact program of one deployment that has all supply to itself.
///
/// Chooses whole replicas by variant, pool and capacity type that serve the demand with its
/// headroom within the SLO at the least cost: shares of further nodes (nodes that are paid for
/// anyway cost nothing), the risk of losing replicas, and what starts cost spread over the dwell.
/// The best quality that money and target CPM allow serves; offers of that quality or better are
/// mixed.
public final class DeploymentProgram {
  private static final int TRIES = 1_000;

  private DeploymentProgram() {}

  /// The plan for one deployment.
  ///
  /// @param allowed dollars an hour that its replicas may cost; absent if any
  public static Plan solve(
      DeploymentDemand demand, FleetSupply supply, @Nullable HourlyRate allowed) {
    Map<String, HourlyRate> allowances =
        allowed == null ? Map.of() : Map.of(demand.namespace(), allowed);
    FleetDemand fleet = FleetDemand.of(List.of(demand), allowances);
    Grid grid = new Grid(supply, fleet);
    Cover cover = new Cover();
    Program program = Program.of(demand, grid, cover);
    Load load = new Load(grid);
    double[] worth = new double[grid.rows];
    Column column = load.chooseAnywhere(program, program.prices(worth), cover, TRIES);
    load.add(column);
    long bound = Dual.bound(program, column, worth, grid, cover);
    return new Plan(
        fleet,
        grid,
        new Program[] {program},
        new Column[] {column},
        load,
        worth,
        new long[] {bound});
  }
}
