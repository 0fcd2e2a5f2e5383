package dev.comptroller.decide.plan;

import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The columns of one deployment's program: an offer on paid or on further nodes, kept or started.
///
/// Costs are micro-dollars an hour: a share of a further node's price, the risk, and for a started
/// replica what its start costs, spread over the dwell. Paid nodes cost nothing. Splitting an offer
/// in four makes its cost linear in each part, and exact: the cheaper part is always filled first.
final class Items {
  /// Those of a deployment without offers.
  static final Items NONE =
      new Items(
          new DeploymentDemand(
              "",
              "",
              0,
              1,
              TokensPerSecond.ZERO,
              0,
              new Scaling(0, 0),
              null,
              null,
              Duration.ZERO,
              List.of()),
          new Grid(new FleetSupply(List.of()), FleetDemand.of(List.of(), Map.of())));

  final DeploymentDemand demand;
  final int size;

  /// By item.
  final int[] offer;

  final int[] level;
  final int[] variant;
  final boolean[] kept;
  final long[] rate;
  final long[] cost;
  /// What risk and start cost, without nodes.
  final long[] beside;

  final long[] bill;
  final int[] placeRow;
  final long[] placeUse;
  final int[] poolRow;
  final long[] poolUse;
  final int namespaceRow;

  /// Grid rows that the items use, and by item the index of its place's and its pool's row there.
  final int[] rows;

  /// By row of `rows`, the most that one replica uses of it.
  final long[] mostUse;

  final int[] placeLocal;
  final int[] poolLocal;

  /// Qualities that may serve, best first.
  final List<BigDecimal> levels;

  final long need;

  /// How many variants there are among the items.
  final int variants;

  Items(DeploymentDemand demand, Grid grid) {
    this.demand = demand;
    need = demand.need().thousandths();
    namespaceRow = grid.namespace(demand.namespace());
    levels = levels(demand, grid);
    int most = demand.offers().size() * 4;
    int[] offers = new int[most];
    boolean[] keep = new boolean[most];
    boolean[] paid = new boolean[most];
    int count = 0;
    for (int o = 0; o < demand.offers().size(); o++) {
      Offer each = demand.offers().get(o);
      if (!serves(demand, grid, each)) {
        continue;
      }
      for (int part = each.running() > 0 ? 0 : 2; part < 4; part++) {
        offers[count] = o;
        keep[count] = part < 2;
        paid[count++] = part % 2 == 0;
      }
    }
    size = count;
    offer = Arrays.copyOf(offers, size);
    kept = Arrays.copyOf(keep, size);
    level = new int[size];
    variant = new int[size];
    variants = variants();
    rate = new long[size];
    cost = new long[size];
    beside = new long[size];
    bill = new long[size];
    placeRow = new int[size];
    placeUse = new long[size];
    poolRow = new int[size];
    poolUse = new long[size];
    placeLocal = new int[size];
    poolLocal = new int[size];
    int[] local = new int[2 * size + 1];
    int locals = 0;
    local[locals++] = namespaceRow;
    for (int i = 0; i < size; i++) {
      fill(i, grid, paid[i]);
      locals = index(local, locals, placeRow[i]);
      placeLocal[i] = find(local, locals, placeRow[i]);
      poolLocal[i] = -1;
      if (poolRow[i] >= 0) {
        locals = index(local, locals, poolRow[i]);
        poolLocal[i] = find(local, locals, poolRow[i]);
      }
    }
    rows = Arrays.copyOf(local, locals);
    mostUse = new long[locals];
    for (int i = 0; i < size; i++) {
      mostUse[0] = Math.max(mostUse[0], bill[i]);
      mostUse[placeLocal[i]] = Math.max(mostUse[placeLocal[i]], placeUse[i]);
      if (poolLocal[i] >= 0) {
        mostUse[poolLocal[i]] = Math.max(mostUse[poolLocal[i]], poolUse[i]);
      }
    }
  }

  /// Numbers the variants of the items.
  private int variants() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String name = demand.offers().get(offer[i]).variant();
      if (!names.contains(name)) {
        names.add(name);
      }
      variant[i] = names.indexOf(name);
    }
    return names.size();
  }

  /// Whether an offer can be taken at all.
  static boolean serves(DeploymentDemand demand, Grid grid, Offer offer) {
    int place = grid.place(offer.place());
    return demand.admits(offer)
        && offer.safe().thousandths() > 0
        && place >= 0
        && grid.perNode(place, offer.gpus()) > 0;
  }

  private static List<BigDecimal> levels(DeploymentDemand demand, Grid grid) {
    List<BigDecimal> levels = new ArrayList<>();
    for (Offer each : demand.offers()) {
      boolean same = !levels.isEmpty() && levels.getLast().compareTo(each.quality()) == 0;
      if (!same && serves(demand, grid, each)) {
        levels.add(each.quality());
      }
    }
    return List.copyOf(levels);
  }

  private void fill(int i, Grid grid, boolean paid) {
    Offer each = demand.offers().get(offer[i]);
    int place = grid.place(each.place());
    int perNode = grid.perNode(place, each.gpus());
    placeRow[i] = paid ? 2 * place : 2 * place + 1;
    placeUse[i] = (Grid.NODE + perNode - 1) / perNode;
    poolRow[i] = paid ? -1 : grid.poolRow + grid.poolOf[place];
    poolUse[i] = paid ? 0 : grid.nodePrice[place] / perNode;
    if (i > 0 && offer[i - 1] == offer[i] && kept[i - 1] == kept[i]) {
      level[i] = level[i - 1];
      rate[i] = rate[i - 1];
      bill[i] = bill[i - 1];
      beside[i] = beside[i - 1];
    } else {
      fillAlike(i, each, new HourlyRate(grid.nodePrice[place]), grid.perNode[place]);
    }
    cost[i] = Math.addExact(poolUse[i], beside[i]);
  }

  /// What is the same on paid and on further nodes.
  private void fillAlike(int i, Offer each, HourlyRate node, int gpusPerNode) {
    int index = 0;
    while (levels.get(index).compareTo(each.quality()) != 0) {
      index++;
    }
    level[i] = index;
    rate[i] = each.safe().thousandths();
    bill[i] = node.share(each.gpus(), gpusPerNode).microsPerHour();
    long dwell = demand.dwell().toSeconds();
    long start =
        kept[i] || dwell == 0
            ? 0
            : new HourlyRate(bill[i]).share(each.start().toSeconds(), dwell).microsPerHour();
    beside[i] = Math.addExact(each.risk().microsPerHour(), start);
  }

  private static int index(int[] local, int locals, int row) {
    if (find(local, locals, row) < 0) {
      local[locals++] = row;
    }
    return locals;
  }

  private static int find(int[] local, int locals, int row) {
    for (int i = 0; i < locals; i++) {
      if (local[i] == row) {
        return i;
      }
    }
    return -1;
  }
}
