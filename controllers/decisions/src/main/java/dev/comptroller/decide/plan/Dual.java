package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What the rows of a grid are worth: multipliers that price scarcity, and the bound they prove.
///
/// 1. Sweep: every deployment's cheapest column at the present prices, exactly. Its columns are
///    kept. If everything wanted is served, the sum of reduced costs less what the rows are worth
///    bounds the cost of every plan from below.
/// 2. Prices move, many times over the kept columns: up where more is asked of a row than there is,
///    down where less, by ever smaller steps.
/// 3. Again from 1, with the mean of the prices of the second half of the steps.
///
/// Where not everything can be served prices would rise for ever; so a deployment gives up rungs,
/// and in the end its service, when they cost many times what it would pay alone, the more the
/// higher its priority. That only steers prices: who gets what is decided by [Filling].
final class Dual {
  private static final int SWEEPS = 6;
  private static final int STEPS = 60;
  private static final int CHUNKS = 16;

  private final Grid grid;
  private final Program[] programs;
  private final double[] patience;
  private final List<List<Column>> kept = new ArrayList<>();
  private final boolean[] priced;

  /// Prices by row, in micro-dollars an hour for a unit of the row.
  final double[] worth;

  private int moves;

  /// @param start prices to begin with
  Dual(Grid grid, Program[] programs, int[] rank, double[] start) {
    this.grid = grid;
    this.programs = programs;
    worth = Arrays.copyOf(start, start.length);
    patience = new double[programs.length];
    priced = new boolean[grid.rows];
    for (int row = 0; row < grid.rows; row++) {
      priced[row] = grid.cap[row] > 0 && grid.cap[row] < Grid.UNLIMITED;
    }
    for (int d = 0; d < programs.length; d++) {
      kept.add(new ArrayList<>());
      patience[d] = 8.0 * (1 + rank[d]);
    }
  }

  /// Moves the prices to where the rows are asked for as much as there is.
  void settle() {
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      sweep();
      if (!step()) {
        return;
      }
    }
  }

  /// Adds every deployment's cheapest column at these prices.
  private void sweep() {
    parallel(
        programs.length,
        (from, to) -> {
          Cover cover = new Cover();
          for (int d = from; d < to; d++) {
            keep(d, cover);
          }
        });
  }

  private void keep(int d, Cover cover) {
    Program program = programs[d];
    List<Column> columns = kept.get(d);
    long[] prices = program.prices(worth);
    long[] caps = Program.caps(program.items, grid);
    if (columns.isEmpty()) {
      long[] free = program.prices(new double[grid.rows]);
      long[] none = caps.clone();
      Column least =
          program.at(program.items.levels.size() - 1, 0, free, none, Grid.UNLIMITED, cover);
      columns.add(least);
    }
    for (int level = program.level; level < program.items.levels.size(); level++) {
      Column column = program.at(level, program.items.need, prices, caps, program.billCap, cover);
      if (columns.stream().noneMatch(column::sameAs)) {
        columns.add(column);
      }
      if (column.reduced(worth) <= Math.max(1, column.bill) * patience[d]) {
        break;
      }
    }
  }

  /// What a column costs at these prices, with what it leaves undone.
  private double price(int d, Column column) {
    double fine = 0;
    if (!column.isFull() || column.level > programs[d].level) {
      Column first = kept.get(d).get(kept.get(d).size() > 1 ? 1 : 0);
      double undone = first.items.need == 0 ? 0 : (double) column.shortage / first.items.need;
      int levels = Math.max(1, first.items.levels.size());
      double lower = (double) (column.level - programs[d].level) / levels;
      fine = Math.max(1, first.bill) * patience[d] * (undone * 2 + lower);
    }
    return column.reduced(worth) + fine;
  }

  /// Moves prices over the kept columns; false if no row is short at a price of zero.
  private boolean step() {
    double[] mean = new double[grid.rows];
    boolean scarce = false;
    for (int t = 0; t < STEPS; t++) {
      long[] asked = asked();
      double size = 0.5 / (1 + moves++ * 0.05);
      for (int row = 0; row < grid.rows; row++) {
        if (priced[row]) {
          double excess = (double) (asked[row] - grid.cap[row]) / grid.cap[row];
          scarce |= excess > 0;
          worth[row] = Math.max(0, worth[row] + size * unit(row) * Math.clamp(excess, -1, 1));
        }
        if (t >= STEPS / 2) {
          mean[row] += worth[row] / (STEPS - STEPS / 2);
        }
      }
      if (!scarce && t == 0) {
        return Arrays.stream(worth).anyMatch(each -> each > 0);
      }
    }
    System.arraycopy(mean, 0, worth, 0, worth.length);
    return true;
  }

  private double unit(int row) {
    return row < grid.poolRow ? (double) grid.nodePrice[row / 2] / Grid.NODE : 1;
  }

  private long[] asked() {
    long[][] parts = new long[CHUNKS][];
    chunks(
        programs.length,
        (chunk, from, to) -> {
          long[] part = new long[grid.rows];
          for (int d = from; d < to; d++) {
            Column best = cheapest(d);
            for (int i = 0; i < best.rows.length; i++) {
              part[best.rows[i]] += best.uses[i];
            }
          }
          parts[chunk] = part;
        });
    long[] sum = new long[grid.rows];
    for (long @Nullable [] part : parts) {
      for (int row = 0; part != null && row < sum.length; row++) {
        sum[row] += part[row];
      }
    }
    return sum;
  }

  /// The cheapest kept column of a deployment at these prices.
  Column cheapest(int d) {
    List<Column> columns = kept.get(d);
    Column best = columns.getFirst();
    double least = price(d, best);
    for (int i = 1; i < columns.size(); i++) {
      double price = price(d, columns.get(i));
      if (price < least) {
        least = price;
        best = columns.get(i);
      }
    }
    return best;
  }

  /// A lower bound of what the program costs at these prices if it serves as much as `column` does,
  /// as well.
  static long bound(Program program, Column column, double[] worth, Grid grid, Cover cover) {
    long[] caps = Program.caps(program.items, grid);
    if (program.billCap >= column.bill) {
      caps[0] = Math.min(caps[0], program.billCap);
    }
    Items items = program.items;
    int fewest = Program.fewest(items) - column.missing;
    cover.solve(
        items,
        column.level,
        program.prices(worth),
        column.served(),
        fewest,
        Program.most(items),
        caps,
        Program.STEPS);
    return cover.bound;
  }

  /// What the rows are worth, rounded up.
  static double worthOf(Grid grid, double[] worth) {
    double sum = 0;
    for (int row = 0; row < grid.rows; row++) {
      sum += worth[row] > 0 ? worth[row] * grid.cap[row] : 0;
    }
    return sum;
  }

  /// Work on a range of deployments.
  interface Range {
    void over(int from, int to);
  }

  private interface Chunk {
    void over(int chunk, int from, int to);
  }

  /// Runs the work in parts, at the same time; each part belongs to one thread.
  static void parallel(int count, Range work) {
    chunks(count, (chunk, from, to) -> work.over(from, to));
  }

  private static void chunks(int count, Chunk work) {
    IntStream.range(0, CHUNKS)
        .parallel()
        .forEach(
            chunk -> {
              int from = (int) ((long) count * chunk / CHUNKS);
              int to = (int) ((long) count * (chunk + 1) / CHUNKS);
              if (from < to) {
                work.over(chunk, from, to);
              }
            });
  }
}
