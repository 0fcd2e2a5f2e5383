package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/// Gives whole columns to deployments so that every row holds.
///
/// 1. Each gets what it wants at the prices, by priority, if it fits, else the best that fits. If
///    everybody is served, that was it.
/// 2. Else floors first: everybody's `minReplicas`, by priority.
/// 3. Then by priority, class by class. Where a class is short of a row, those of it who use that
///    row share what is left replica by replica: the next goes to whoever has had the fewest
///    dollars for its weight. Each then makes the most of what it has: a lower rung where that
///    keeps more.
/// 4. Whoever pays more than the prices say it must looks again at what is left.
final class Filling {
  private static final int POLISH_ROUNDS = 2;

  private final Program[] programs;
  private final Column[] columns;
  private final Load load;
  private final double[] worth;
  private final double[] none;
  private final Cover cover;

  /// @param columns by deployment; those to be filled are not in `load`
  Filling(Program[] programs, Column[] columns, Load load, double[] worth) {
    this.programs = programs;
    this.columns = columns;
    this.load = load;
    this.worth = worth;
    none = new double[worth.length];
    cover = new Cover();
  }

  /// Fills these deployments.
  ///
  /// @param wanted the column that each would like, by deployment; tried first
  void fill(List<Integer> who, Column[] wanted) {
    Load before = load.copy();
    List<Integer> order = new ArrayList<>(who);
    order.sort(
        Comparator.comparingInt((Integer d) -> -demand(d).priority())
            .thenComparingInt(d -> -demand(d).weight())
            .thenComparingInt(d -> d));
    boolean all = true;
    for (int d : order) {
      place(d, wanted[d]);
      all &= columns[d].isFull() && columns[d].level == programs[d].level;
    }
    if (!all) {
      System.arraycopy(before.used, 0, load.used, 0, load.used.length);
      floors(order);
      byClass(order, wanted);
    }
    polish(who);
  }

  private DeploymentDemand demand(int d) {
    return programs[d].items.demand;
  }

  private void place(int d, Column wanted) {
    Column column =
        wanted.isFull() && wanted.level == programs[d].level && load.fits(wanted)
            ? wanted
            : load.choose(programs[d], programs[d].prices(worth), cover);
    put(d, column);
  }

  private void put(int d, Column column) {
    columns[d] = column;
    load.add(column);
  }

  private void floors(List<Integer> order) {
    for (int d : order) {
      Program program = programs[d];
      Column floor = program.nothing();
      for (int level = program.level;
          floor.missing > 0 && level < program.items.levels.size();
          level++) {
        long[] left = load.leftWithNodesOnlyIn(program.items, -1);
        Column closed = least(program, level, left);
        Column open =
            closed.missing == 0 ? closed : least(program, level, load.left(program.items));
        if (open.missing < floor.missing && load.fits(open)) {
          floor = open;
        }
      }
      put(d, floor);
    }
  }

  private Column least(Program program, int level, long[] left) {
    return program.at(level, 0, program.prices(worth), left, Grid.UNLIMITED, cover);
  }

  private void byClass(List<Integer> order, Column[] wanted) {
    int from = 0;
    while (from < order.size()) {
      int to = from;
      while (to < order.size()
          && demand(order.get(to)).priority() == demand(order.get(from)).priority()) {
        to++;
      }
      List<Integer> equals = order.subList(from, to);
      Column[] floors = new Column[columns.length];
      List<Integer> shorted = new ArrayList<>();
      for (int d : equals) {
        floors[d] = columns[d];
        load.remove(columns[d]);
        place(d, wanted[d]);
        if (!columns[d].isFull() || columns[d].level > programs[d].level) {
          shorted.add(d);
        }
      }
      if (!shorted.isEmpty()) {
        share(equals, shorted, floors);
      }
      from = to;
    }
  }

  /// Shares what those who are short lack with their equals who use it.
  private void share(List<Integer> equals, List<Integer> shorted, Column[] floors) {
    Set<Integer> rows = new HashSet<>();
    for (int d : shorted) {
      rows.addAll(Blocking.rows(programs[d], columns[d], load));
    }
    List<Integer> sharing = new ArrayList<>();
    for (int d : equals) {
      if (shorted.contains(d) || Arrays.stream(columns[d].rows).anyMatch(rows::contains)) {
        sharing.add(d);
      }
    }
    for (int d : sharing) {
      load.remove(columns[d]);
      put(d, floors[d]);
    }
    PriorityQueue<Turn> turns = new PriorityQueue<>();
    sharing.forEach(d -> turns.add(turn(d)));
    while (!turns.isEmpty()) {
      int d = turns.poll().deployment();
      if (!columns[d].isFull() && oneMore(d)) {
        turns.add(turn(d));
      }
    }
    for (int d : sharing) {
      again(d);
    }
  }

  private record Turn(double dollarsForWeight, int deployment) implements Comparable<Turn> {
    @Override
    public int compareTo(Turn other) {
      int order = Double.compare(dollarsForWeight, other.dollarsForWeight);
      return order != 0 ? order : Integer.compare(deployment, other.deployment);
    }
  }

  private Turn turn(int d) {
    return new Turn((double) columns[d].bill / demand(d).weight(), d);
  }

  /// Adds the replica that serves most of what is missing for its price, if one fits.
  private boolean oneMore(int d) {
    Items items = programs[d].items;
    Column now = columns[d];
    if (now.replicas >= Program.most(items)) {
      return false;
    }
    long[] prices = programs[d].prices(worth);
    int[] counts = now.counts();
    int best = -1;
    double least = Double.MAX_VALUE;
    for (int i = 0; i < items.size; i++) {
      double price =
          (double) Math.max(1, prices[i]) / Math.max(1, Math.min(items.rate[i], now.shortage));
      if (items.level[i] <= programs[d].level
          && price < least
          && Blocking.mayTake(items, counts, i)
          && Blocking.fits(items, i, load)) {
        best = i;
        least = price;
      }
    }
    if (best < 0) {
      return false;
    }
    counts[best]++;
    Column more = new Column(items, Math.max(now.level, items.level[best]), counts);
    load.remove(now);
    if (more.bill > programs[d].billCap || !load.fits(more)) {
      load.add(now);
      return false;
    }
    put(d, more);
    return true;
  }

  /// Chooses again with what it has and what is left; keeps what is better.
  private boolean again(int d) {
    Column now = columns[d];
    load.remove(now);
    Column other = load.choose(programs[d], programs[d].prices(none), cover);
    boolean better = load.fits(other) && isBetter(other, now);
    put(d, better ? other : now);
    return better;
  }

  private static boolean isBetter(Column other, Column now) {
    if (Program.keepsMore(other, now)) {
      return true;
    }
    return !Program.keepsMore(now, other) && other.cost < now.cost;
  }

  private void polish(List<Integer> who) {
    for (int round = 0; round < POLISH_ROUNDS; round++) {
      boolean changed = false;
      for (int d : who) {
        changed |= mayGain(d) && again(d);
      }
      if (!changed) {
        return;
      }
    }
  }

  /// Whether it is short, or uses what is dearer than the cheapest it could have with no prices.
  private boolean mayGain(int d) {
    Column column = columns[d];
    if (!column.isFull() || column.level > programs[d].level) {
      return true;
    }
    return column.cost > 0;
  }
}
