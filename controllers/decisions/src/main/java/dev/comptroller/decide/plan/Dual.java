package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What the rows of a grid are worth: multipliers that price scarcity, and the bound they prove.
///
/// 1. Sweep: every deployment's cheapest column at the present prices, exactly. Its columns are
///    kept. If everything wanted is served, the sum of reduced costs less what the rows are worth
///    bounds the cost of every plan from below.
/// 2. Prices settle over the kept columns ([Master]), and again from 1.
///
/// Where not everything can be served prices would rise for ever; so a deployment gives up rungs,
/// and in the end its service, when they cost many times what it would pay alone, the more the
/// higher its priority. That only steers prices: who gets what is decided by [Filling].
final class Dual {
  static final int CHUNKS = 16;

  /// Part of every row that is not priced for while it is open who gets what: whole columns fit
  /// more easily then.
  private static final double SPARE = 0.01;

  final Grid grid;
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

  private final double[] unit;
  private final Master.Steps steps;

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
    unit = new double[grid.rows];
    steps = new Master.Steps(grid.rows);
    for (int row = 0; row < grid.rows; row++) {
      priced[row] = grid.cap[row] > 0 && grid.cap[row] < Grid.UNLIMITED;
      room[row] = grid.cap[row] * (aims == null ? 1 - SPARE : 1);
      unit[row] = row < grid.poolRow ? (double) grid.nodePrice[row / 2] / Grid.NODE : 1;
    }
    for (int d = 0; d < programs.length; d++) {
      kept.add(new ArrayList<>());
      patience[d] = 8.0 * (1 + rank[d]);
    }
  }

  /// Moves the prices to where the rows are asked for as much as there is, with this many sweeps
  /// and this many moves after each.
  void settle(int sweeps, int moves) {
    for (int sweep = 0; sweep < sweeps; sweep++) {
      sweep();
      master().settle(worth, steps, moves);
    }
  }

  /// Proves what serving the aims costs at least: prices settle over the columns that are known,
  /// and a sweep at those finds the bound and more columns.
  ///
  /// @param other what knows columns to begin with
  void prove(Dual other, int sweeps, int moves) {
    know(other);
    for (int sweep = 0; sweep < sweeps; sweep++) {
      master().settle(worth, steps, moves);
      sweep();
      remember();
    }
  }

  /// Keeps the aims and those columns of another that serve as much and as well.
  private void know(Dual other) {
    for (int d = 0; d < programs.length; d++) {
      List<Column> columns = kept.get(d);
      Column aim = Objects.requireNonNull(aims)[d];
      columns.add(aim);
      for (Column column : other.kept.get(d)) {
        if (Exchange.isAsGood(column, aim) && column.bill <= programs[d].billCap) {
          add(columns, column);
        }
      }
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
    dual.settle(sweeps, moves);
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
    for (int i = columns.size() - 1; i >= 0; i--) {
      if (column.sameAs(columns.get(i))) {
        return;
      }
    }
    columns.add(column);
  }

  /// What a column leaves undone, in micro-dollars an hour.
  private double fine(int d, Column column) {
    if (aims != null || !programs[d].isShort(column)) {
      return 0;
    }
    Column first = kept.get(d).get(kept.get(d).size() > 1 ? 1 : 0);
    double undone = first.items.need == 0 ? 0 : (double) column.shortage / first.items.need;
    int levels = Math.max(1, first.items.levels.size());
    double lower = (double) (column.level - programs[d].level) / levels;
    return Math.max(1, first.bill) * patience[d] * (undone * 2 + lower);
  }

  private Master master() {
    return new Master(room, priced, unit, kept, (d, column) -> column.cost + fine(d, column));
  }

  /// Raises prices a little until the kept columns that are cheapest fit, as far as that is so.
  void tighten(int moves) {
    master().tighten(worth, moves);
  }

  /// By deployment, the cheapest kept column at these prices.
  Column[] cheapest() {
    Master master = master();
    Column[] cheapest = new Column[programs.length];
    Arrays.setAll(cheapest, d -> kept.get(d).get(master.cheapest(d, worth)));
    return cheapest;
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

  /// Work on a range of deployments, and which part of all it is.
  interface Chunk {
    void over(int chunk, int from, int to);
  }

  /// Runs the work in parts, at the same time; each part belongs to one thread.
  static void parallel(int count, Range work) {
    chunks(count, (chunk, from, to) -> work.over(from, to));
  }

  static void chunks(int count, Chunk work) {
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
