package dev.comptroller.decide.plan;

import java.math.BigDecimal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One deployment's program with its owner's preferences: which level of quality to serve at.
///
/// 1. The best level at which everything can be served with what is left serves, unless a better
///    one keeps more quality-weighted tokens with what is left.
/// 2. A target CPM bounds the bill: levels that cannot meet it alone, with all room theirs, are
///    passed over. A target that no level meets binds nothing: quality is not given up for nothing.
/// 3. Serving comes before the target where both cannot be had.
final class Program {
  /// Steps that a search may take where everything can be served, and where it cannot.
  static final int STEPS = 50_000;

  final Items items;

  /// The level to start from, and the bill that the target CPM allows.
  final int level;

  final long billCap;
  final boolean meetable;

  private Program(Items items, int level, long billCap, boolean meetable) {
    this.items = items;
    this.level = level;
    this.billCap = billCap;
    this.meetable = meetable;
  }

  static Program of(DeploymentDemand demand, Grid grid, Cover cover) {
    Items items = new Items(demand, grid);
    if (demand.targetCpm() == null) {
      return new Program(items, 0, Grid.UNLIMITED, true);
    }
    long cap = demand.targetHourly().orElseThrow().microsPerHour();
    long[] caps = caps(items, grid);
    for (int level = 0; level < items.levels.size(); level++) {
      cover.solve(items, level, items.bill, items.need, fewest(items), most(items), caps, STEPS);
      if (cover.missing == 0 && cover.shortage == 0 && cover.total <= cap) {
        return new Program(items, level, cap, true);
      }
    }
    return new Program(items, 0, Grid.UNLIMITED, false);
  }

  static int fewest(Items items) {
    return items.demand.scaling().minReplicas();
  }

  static int most(Items items) {
    return items.demand.scaling().maxReplicas();
  }

  /// All that the grid has, by the rows of `items`.
  static long[] caps(Items items, Grid grid) {
    long[] caps = new long[items.rows.length];
    for (int i = 0; i < caps.length; i++) {
      caps[i] = grid.cap[items.rows[i]];
    }
    return caps;
  }

  /// Prices of its items where rows are worth something; rounded down.
  long[] prices(double[] worth) {
    long[] prices = new long[items.size];
    for (int i = 0; i < prices.length; i++) {
      double extra = worth[items.placeRow[i]] * items.placeUse[i];
      if (items.poolRow[i] >= 0) {
        extra += worth[items.poolRow[i]] * items.poolUse[i];
      }
      extra += worth[items.namespaceRow] * items.bill[i];
      prices[i] = items.cost[i] + (long) extra;
    }
    return prices;
  }

  /// The cheapest column at one level under the target's cap; what is missing is in it.
  Column at(int atLevel, long need, long[] prices, long[] left, long cap, Cover cover) {
    long[] rows = left;
    if (cap < left[0]) {
      rows = Arrays.copyOf(left, left.length);
      rows[0] = cap;
    }
    cover.solve(items, atLevel, prices, need, fewest(items), most(items), rows, STEPS);
    return new Column(items, atLevel, cover.best);
  }

  /// The column that its owner would want of what is left.
  Column choose(long[] prices, long[] left, Cover cover) {
    Column best = climbDown(level, billCap, prices, left, cover);
    if (!best.isFull() && billCap < Grid.UNLIMITED) {
      Column dearer = climbDown(0, Grid.UNLIMITED, prices, left, cover);
      if (keepsMore(dearer, best)) {
        return dearer;
      }
    }
    return best;
  }

  private Column climbDown(int from, long cap, long[] prices, long[] left, Cover cover) {
    @Nullable Column best = null;
    for (int each = from; each < items.levels.size(); each++) {
      Column column = at(each, items.need, prices, left, cap, cover);
      if (best == null || keepsMore(column, best)) {
        best = column;
      }
      if (column.isFull()) {
        break;
      }
    }
    return best == null ? nothing() : best;
  }

  /// Whether a column serves less than is needed, or at a lower level than could be had alone.
  boolean isShort(Column column) {
    return !column.isFull() || column.level > level;
  }

  Column nothing() {
    return new Column(items, 0, new int[items.size]);
  }

  /// Whether quality times the part of the need that is served is more; a floor of replicas kept
  /// comes first.
  static boolean keepsMore(Column one, Column other) {
    if (one.missing != other.missing) {
      return one.missing < other.missing;
    }
    return kept(one).compareTo(kept(other)) > 0;
  }

  /// Whether a column keeps more than another, or as much for less.
  static boolean isBetter(Column one, Column other) {
    return keepsMore(one, other) || (!keepsMore(other, one) && one.cost < other.cost);
  }

  private static BigDecimal kept(Column column) {
    if (column.items.levels.isEmpty()) {
      return BigDecimal.ZERO;
    }
    long served = column.items.need == 0 ? 1 : column.served();
    return column.items.levels.get(column.level).multiply(BigDecimal.valueOf(served));
  }
}
