package dev.comptroller.decide.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// What is used of a grid, and what is left of it for one deployment.
final class Load {
  final Grid grid;
  final long[] used;

  Load(Grid grid) {
    this.grid = grid;
    used = new long[grid.rows];
  }

  private Load(Grid grid, long[] used) {
    this.grid = grid;
    this.used = used;
  }

  Load copy() {
    return new Load(grid, Arrays.copyOf(used, used.length));
  }

  /// The same use of another grid of the same shape.
  Load on(Grid other) {
    return new Load(other, Arrays.copyOf(used, used.length));
  }

  void add(Column column) {
    for (int i = 0; i < column.rows.length; i++) {
      used[column.rows[i]] += column.uses[i];
    }
  }

  void remove(Column column) {
    for (int i = 0; i < column.rows.length; i++) {
      used[column.rows[i]] -= column.uses[i];
    }
  }

  /// What is left of the rows of `items`, nodes counted whole; never negative.
  ///
  /// The dollars of a pool buy whole nodes: what is left of a place is the open part of nodes that
  /// are paid for and what those dollars buy there, if they are spent there alone.
  long[] left(Items items) {
    long[] left = new long[items.rows.length];
    for (int i = 0; i < left.length; i++) {
      int row = items.rows[i];
      if (row >= grid.poolRow && row < grid.namespaceRow) {
        left[i] = openDollars(row - grid.poolRow);
      } else if (row < grid.poolRow && row % 2 == 1) {
        left[i] = openPlace(row / 2);
      } else {
        left[i] = grid.cap[row] - used[row];
      }
      left[i] = Math.max(0, left[i]);
    }
    return left;
  }

  /// The same where only the open parts of nodes may be used, and new nodes in one place at most.
  long[] leftWithNodesOnlyIn(Items items, int place) {
    long[] left = left(items);
    for (int i = 0; i < left.length; i++) {
      int row = items.rows[i];
      if (row < grid.poolRow && row % 2 == 1 && row / 2 != place) {
        left[i] = Math.min(left[i], open(row / 2));
      }
    }
    return left;
  }

  private long open(int place) {
    long use = used[2 * place + 1];
    return (use + Grid.NODE - 1) / Grid.NODE * Grid.NODE - use;
  }

  private long dollars(int pool) {
    long cap = grid.cap[grid.poolRow + pool];
    return cap == Grid.UNLIMITED ? cap : cap - grid.furtherOfPool(pool, used);
  }

  private long openPlace(int place) {
    long room = grid.cap[2 * place + 1] - used[2 * place + 1];
    long dollars = dollars(grid.poolOf[place]);
    if (dollars == Grid.UNLIMITED || grid.nodePrice[place] == 0) {
      return room;
    }
    long nodes = Math.max(0, dollars) / grid.nodePrice[place];
    return Math.min(room, open(place) + Math.min(nodes, Integer.MAX_VALUE) * Grid.NODE);
  }

  private long openDollars(int pool) {
    long sum = dollars(pool);
    if (sum == Grid.UNLIMITED) {
      return sum;
    }
    for (int place = grid.firstPlace[pool]; place < grid.firstPlace[pool + 1]; place++) {
      sum += open(place) * grid.nodePrice[place] / Grid.NODE;
    }
    return sum;
  }

  /// Whether the grid still holds where this column uses it.
  boolean holds(Column column) {
    for (int row : column.rows) {
      if (isOver(row)) {
        return false;
      }
    }
    return true;
  }

  /// The first row that would be over with this column added; -1 if none.
  int firstOver(Column column) {
    add(column);
    int over = -1;
    for (int row : column.rows) {
      if (over < 0 && isOver(row)) {
        over = row;
      }
    }
    remove(column);
    return over;
  }

  /// Whether more of a row is used than there is, nodes of a pool counted whole.
  boolean isOver(int row) {
    boolean pool = row >= grid.poolRow && row < grid.namespaceRow;
    if (pool && grid.cap[row] == Grid.UNLIMITED) {
      return false;
    }
    long use = pool ? grid.furtherOfPool(row - grid.poolRow, used) : used[row];
    return use > grid.cap[row];
  }

  /// The column of `program` that fits, with nodes whole; it is not added.
  ///
  /// @param bill the most that it may bill
  Column choose(Program program, long[] prices, long bill, Cover cover) {
    long[] all = left(program.items);
    all[0] = Math.min(all[0], bill);
    Column column = program.choose(prices, all, cover);
    return fits(column) ? column : chooseInOnePlace(program, prices, column, cover);
  }

  /// The best column that fits of those which buy nodes in one place at most, where `column` buys
  /// too many.
  private Column chooseInOnePlace(Program program, long[] prices, Column column, Cover cover) {
    Column best = program.nothing();
    for (int place = -1; place < grid.places; place++) {
      if (place >= 0 && use(column, 2 * place + 1) == 0) {
        continue;
      }
      Column other = program.choose(prices, leftWithNodesOnlyIn(program.items, place), cover);
      if (fits(other) && Program.isBetter(other, best)) {
        best = other;
      }
    }
    return best;
  }

  /// The best column of `program` that fits, with nodes whole, wherever it buys them; it is not
  /// added.
  ///
  /// Whatever fits buys fewer nodes in some place than a column that buys too many: so each place
  /// is
  /// tried with one fewer, until nothing better is left. If that takes more than so many tries, the
  /// best found stands.
  Column chooseAnywhere(Program program, long[] prices, Cover cover, int tries) {
    long[] all = left(program.items);
    Column first = program.choose(prices, all, cover);
    if (fits(first)) {
      return first;
    }
    Column best = chooseInOnePlace(program, prices, first, cover);
    Deque<long[]> open = new ArrayDeque<>(fewerNodes(program.items, all, first));
    for (int i = 0; i < tries && !open.isEmpty(); i++) {
      long[] left = open.removeFirst();
      Column column = program.choose(prices, left, cover);
      if (!Program.isBetter(column, best)) {
        continue;
      }
      if (fits(column)) {
        best = column;
      } else {
        fewerNodes(program.items, left, column).forEach(open::add);
      }
    }
    return best;
  }

  /// What is left with one node fewer than a column buys, of each place in which it buys some.
  private List<long[]> fewerNodes(Items items, long[] left, Column column) {
    List<long[]> fewer = new ArrayList<>();
    for (int i = 0; i < left.length; i++) {
      int row = items.rows[i];
      if (row >= grid.poolRow || row % 2 == 0) {
        continue;
      }
      long open = open(row / 2);
      long bought = (use(column, row) - open + Grid.NODE - 1) / Grid.NODE;
      if (bought > 0) {
        long[] less = left.clone();
        less[i] = Math.min(left[i], open + (bought - 1) * Grid.NODE);
        fewer.add(less);
      }
    }
    return fewer;
  }

  private static long use(Column column, int row) {
    for (int i = 0; i < column.rows.length; i++) {
      if (column.rows[i] == row) {
        return column.uses[i];
      }
    }
    return 0;
  }

  /// Whether the grid holds with this column added.
  boolean fits(Column column) {
    add(column);
    boolean holds = holds(column);
    remove(column);
    return holds;
  }

  /// Dollars an hour of what is left of a row.
  double dollarsLeft(int row) {
    if (row < grid.poolRow) {
      long room = row % 2 == 1 ? openPlace(row / 2) : grid.cap[row] - used[row];
      return (double) Math.max(0, room) * grid.nodePrice[row / 2] / Grid.NODE;
    }
    long left = row < grid.namespaceRow ? dollars(row - grid.poolRow) : grid.cap[row] - used[row];
    return Math.max(0, left);
  }

  /// Micro-dollars an hour of whole further nodes.
  long nodes() {
    long sum = 0;
    for (int place = 0; place < grid.places; place++) {
      sum += grid.further(place, used);
    }
    return sum;
  }
}
