package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Gives whole columns to deployments so that every row holds.
///
/// 1. Each gets what it wants at the prices, by priority, if it fits, else the best that fits. If
///    everybody is served, that was it.
/// 2. Else floors first: everybody's `minReplicas`, by priority.
/// 3. Then by priority, class by class. Where a class is short of a row, those of it who use that
///    row share the dollars that are left of it by weight, as water fills glasses. Each makes the
///    most of its share: a lower rung where that keeps more.
final class Filling {
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
  /// @return whether everybody is served
  boolean fill(List<Integer> who, Column[] wanted) {
    Load before = load.copy();
    List<Integer> order = new ArrayList<>(who);
    order.sort(byPriority());
    boolean all = true;
    for (int i = 0; i < order.size() && all; i++) {
      int d = order.get(i);
      place(d, wanted[d]);
      all = !isShort(d);
    }
    if (!all) {
      System.arraycopy(before.used, 0, load.used, 0, load.used.length);
      floors(order);
      byClass(order, wanted);
    }
    return all;
  }

  /// Gives what is left to those who are short; false if it helps nobody.
  boolean refill() {
    List<Integer> order = new ArrayList<>();
    for (int d = 0; d < columns.length; d++) {
      if (isShort(d)) {
        order.add(d);
      }
    }
    order.sort(byPriority());
    boolean better = false;
    for (int d : order) {
      better |= again(d);
    }
    return better;
  }

  /// Who comes first.
  Comparator<Integer> byPriority() {
    return Comparator.comparingInt((Integer d) -> -demand(d).priority())
        .thenComparingInt(d -> -demand(d).weight())
        .thenComparingInt(d -> d);
  }

  private DeploymentDemand demand(int d) {
    return programs[d].items.demand;
  }

  private void place(int d, Column wanted) {
    Column column =
        wanted.isFull() && wanted.level == programs[d].level && load.fits(wanted)
            ? wanted
            : load.choose(programs[d], programs[d].prices(worth), Grid.UNLIMITED, cover);
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
        if (isShort(d)) {
          shorted.add(d);
        }
      }
      if (!shorted.isEmpty()) {
        share(equals, shorted, floors, wanted);
      }
      from = to;
    }
  }

  /// Shares what those who are short lack with their equals who use it: allowances first.
  private void share(
      List<Integer> equals, List<Integer> shorted, Column[] floors, Column[] wanted) {
    Set<Integer> rows = new TreeSet<>();
    for (int d : shorted) {
      rows.addAll(Blocking.rows(programs[d], columns[d], load));
    }
    for (int row : rows) {
      if (row >= load.grid.namespaceRow) {
        divide(
            equals.stream().filter(d -> programs[d].items.namespaceRow == row).toList(),
            Set.of(row),
            floors,
            wanted);
      }
    }
    Set<Integer> places = new TreeSet<>();
    for (int d : shorted) {
      if (isShort(d)) {
        places.addAll(Blocking.rows(programs[d], columns[d], load));
      }
    }
    places.removeIf(row -> row >= load.grid.namespaceRow);
    if (!places.isEmpty()) {
      divide(
          equals.stream()
              .filter(d -> isShort(d) || Arrays.stream(columns[d].rows).anyMatch(places::contains))
              .toList(),
          places,
          floors,
          wanted);
    }
  }

  private boolean isShort(int d) {
    return programs[d].isShort(columns[d]);
  }

  /// Fills water: those who want least for their weight have all of it, the others the same for
  /// their weight of the dollars that these rows have left.
  ///
  /// All begin at their floors. Where others of them took the room of a floor meanwhile, its owner
  /// begins at what it has.
  private void divide(List<Integer> sharing, Set<Integer> rows, Column[] floors, Column[] wanted) {
    double dollars = 0;
    long weights = 0;
    sharing.forEach(d -> goBack(d, floors[d]));
    // Again for those whose room was taken by one that went back after them.
    for (int d : sharing) {
      goBack(d, floors[d]);
      dollars += columns[d].bill;
      weights += demand(d).weight();
    }
    for (int row : rows) {
      dollars += load.dollarsLeft(row);
    }
    List<Integer> order = new ArrayList<>(sharing);
    order.sort(
        Comparator.comparingDouble((Integer d) -> (double) bill(wanted[d]) / demand(d).weight())
            .thenComparingInt(d -> d));
    for (int d : order) {
      long part = (long) Math.max(0, dollars * demand(d).weight() / weights);
      Column least = columns[d];
      load.remove(least);
      if (bill(wanted[d]) <= part) {
        place(d, wanted[d]);
      } else {
        long most = Math.max(part, least.bill);
        Column column = load.choose(programs[d], programs[d].prices(worth), most, cover);
        put(d, Program.keepsMore(least, column) ? least : column);
      }
      dollars -= columns[d].bill;
      weights -= demand(d).weight();
    }
    for (int d : order) {
      if (isShort(d)) {
        again(d);
      }
    }
  }

  /// Goes back to this column if there is room for it.
  private void goBack(int d, Column to) {
    Column now = columns[d];
    load.remove(now);
    put(d, load.fits(to) ? to : now);
  }

  private static long bill(Column wanted) {
    return wanted.isFull() ? wanted.bill : Grid.UNLIMITED;
  }

  /// Chooses again with what it has and what is left; keeps what is better.
  boolean again(int d) {
    Column now = columns[d];
    load.remove(now);
    Column other = load.choose(programs[d], programs[d].prices(none), Grid.UNLIMITED, cover);
    boolean better = load.fits(other) && Program.isBetter(other, now);
    put(d, better ? other : now);
    return better;
  }
}
