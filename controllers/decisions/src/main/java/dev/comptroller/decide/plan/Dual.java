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
  private static final int CHUNKS = 16;

  private final Grid grid;
  private final Program[] programs;
  private final double[] patience;
  private final Column @Nullable [] aims;
  /// Columns by deployment.
  final List<List<Column>> kept = new ArrayList<>();
  private final boolean[] priced;

  /// Lower bounds of reduced costs at the last sweep, by deployment.
  private final long[] least;

  /// Prices by row, in micro-dollars an hour for a unit of the row.
  final double[] worth;

  /// What there is of each row for these deployments.
  private final double[] room;

  private int moved;

  /// The best bound of the sweeps, its prices and lower bounds by deployment.
  double bestBound = Double.NEGATIVE_INFINITY;

  double[] bestWorth;
  long[] bestLeast;

  /// @param aims columns that must be served as much as and as well as; absent: what is wanted
  /// @param rank by deployment, how many priorities are lower than its own
  /// @param start prices to begin with
  Dual(Grid grid, Program[] programs, Column @Nullable [] aims, int[] rank, double[] start) {
    this.grid = grid;
    this.aims = aims;
    this.programs = programs;
    worth = Arrays.copyOf(start, start.length);
    patience = new double[programs.length];
    priced = new boolean[grid.rows];
    least = new long[programs.length];
    bestWorth = worth;
    bestLeast = least;
    room = new double[grid.rows];
    for (int row = 0; row < grid.rows; row++) {
      priced[row] = grid.cap[row] > 0 && grid.cap[row] < Grid.UNLIMITED;
      room[row] = grid.cap[row];
    }
    for (int d = 0; d < programs.length; d++) {
      kept.add(new ArrayList<>());
      patience[d] = 8.0 * (1 + rank[d]);
    }
  }

  /// Moves the prices to where the rows are asked for as much as there is, with this many sweeps
  /// and this many moves after each.
  ///
  /// @param before moves that were made before: steps get smaller with every move
  void settle(int sweeps, int moves, int before) {
    moved = before;
    for (int sweep = 0; sweep < sweeps; sweep++) {
      sweep();
      if (aims != null) {
        remember();
      }
      step(moves);
    }
  }

  /// Settles prices for every `stride`th deployment, with as much of every row as is theirs.
  static double[] ofSample(
      Grid grid, Program[] programs, int[] rank, int stride, int sweeps, int moves) {
    int count = Math.ceilDiv(programs.length, stride);
    Program[] sample = new Program[count];
    int[] ranks = new int[count];
    double[] all = new double[grid.rows];
    double[] sampled = new double[grid.rows];
    for (int d = 0; d < programs.length; d++) {
      all[programs[d].items.namespaceRow]++;
      if (d % stride == 0) {
        sample[d / stride] = programs[d];
        ranks[d / stride] = rank[d];
        sampled[programs[d].items.namespaceRow]++;
      }
    }
    Dual dual = new Dual(grid, sample, null, ranks, new double[grid.rows]);
    for (int row = 0; row < grid.rows; row++) {
      boolean own = row >= grid.namespaceRow;
      double part = own ? sampled[row] / Math.max(1, all[row]) : (double) count / programs.length;
      dual.priced[row] &= part > 0;
      dual.room[row] *= part;
    }
    dual.settle(sweeps, moves, 0);
    return dual.worth;
  }

  /// Keeps every deployment's cheapest column at these prices too.
  void keepCheapest(double[] prices) {
    System.arraycopy(prices, 0, worth, 0, worth.length);
    sweep();
  }

  private void remember() {
    double bound = -worthOf(grid, worth);
    for (long each : least) {
      bound += each;
    }
    if (bound > bestBound) {
      bestBound = bound;
      bestWorth = worth.clone();
      bestLeast = least.clone();
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
    if (aims != null) {
      least[d] = bound(program, aims[d], worth, grid, cover);
      add(columns, new Column(program.items, aims[d].level, cover.best));
      return;
    }
    long[] prices = program.prices(worth);
    long[] caps = Program.caps(program.items, grid);
    if (columns.isEmpty()) {
      int last = Math.max(0, program.items.levels.size() - 1);
      columns.add(program.at(last, 0, prices, caps, Grid.UNLIMITED, cover));
    }
    for (int level = program.level; level < program.items.levels.size(); level++) {
      Column column = program.at(level, program.items.need, prices, caps, program.billCap, cover);
      add(columns, column);
      if (level == program.level) {
        least[d] = cover.bound;
      }
      if (column.reduced(worth) <= Math.max(1, column.bill) * patience[d]) {
        break;
      }
    }
  }

  static void add(List<Column> columns, Column column) {
    if (columns.stream().noneMatch(column::sameAs)) {
      columns.add(column);
    }
  }

  /// What a column costs at these prices, with what it leaves undone.
  private double price(int d, Column column) {
    double fine = 0;
    if (aims == null && programs[d].isShort(column)) {
      Column first = kept.get(d).get(kept.get(d).size() > 1 ? 1 : 0);
      double undone = first.items.need == 0 ? 0 : (double) column.shortage / first.items.need;
      int levels = Math.max(1, first.items.levels.size());
      double lower = (double) (column.level - programs[d].level) / levels;
      fine = Math.max(1, first.bill) * patience[d] * (undone * 2 + lower);
    }
    return column.reduced(worth) + fine;
  }

  /// Moves prices over the kept columns.
  private void step(int moves) {
    double[] mean = new double[grid.rows];
    for (int t = 0; t < moves; t++) {
      long[] asked = asked();
      double size = 0.3 / (1 + moved++ * 0.02);
      for (int row = 0; row < grid.rows; row++) {
        if (priced[row]) {
          double excess = (asked[row] - room[row]) / room[row];
          worth[row] = Math.max(0, worth[row] + size * unit(row) * Math.clamp(excess, -1, 1));
        }
        mean[row] += worth[row] / moves;
      }
    }
    System.arraycopy(mean, 0, worth, 0, worth.length);
  }

  /// Raises prices until no more is asked of any row than there is, or as long as that helps.
  void tighten(int moves) {
    for (int t = 0; t < moves; t++) {
      long[] asked = asked();
      boolean over = false;
      for (int row = 0; row < grid.rows; row++) {
        if (priced[row] && asked[row] > room[row]) {
          double excess = (asked[row] - room[row]) / room[row];
          worth[row] += unit(row) * (0.001 + 0.05 * Math.min(1, excess));
          over = true;
        }
      }
      if (!over) {
        return;
      }
    }
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
