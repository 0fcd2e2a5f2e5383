package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes a plan that holds cheaper, without serving anybody less or worse.
///
/// At settled prices most deployments have the column that is cheapest for them; those that do not
/// lack room that others use who would hardly mind another place. Whoever has most to gain moves
/// first; where it does not fit, those who lose least by leaving the rows it needs move away,
/// as long as all of it together costs less.
final class Exchange {
  private static final int ROUNDS = 8;
  private static final int MOST_MOVES = 16;

  private static final int REPAIRS = 4;
  private static final int TRIES = 60;

  /// Part of a row that may stay unused.
  private static final double SLACK = 0.002;

  private final Column[] columns;
  private final Load load;
  private final double[] prices;
  private final double[] worth;
  private final List<List<Column>> choices;
  private final @Nullable Dual more;

  /// By row, who could leave it.
  private Leaver[][] leavers = new Leaver[0][];

  private int[] next = new int[0];

  private record Gain(int deployment, Column to, double saved) {}

  private record Leaver(int deployment, Column from, Column to, double loss) {}

  /// @param choices columns by deployment that serve it as much and as well as it must be
  /// @param more finds more choices; absent if these are all
  Exchange(
      Column[] columns,
      Load load,
      double[] worth,
      List<List<Column>> choices,
      @Nullable Dual more) {
    this.more = more;
    this.columns = columns;
    this.load = load;
    prices = worth;
    this.worth = worth.clone();
    this.choices = choices;
  }

  void run() {
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 2 == 1 && more != null && forgiveSlack()) {
        more.keepCheapest(worth);
      } else {
        System.arraycopy(prices, 0, worth, 0, worth.length);
      }
      List<Gain> gains = gains();
      if (gains.isEmpty() && round % 2 == 1) {
        return;
      }
      findLeavers();
      boolean changed = false;
      for (Gain gain : gains) {
        changed |= move(gain);
      }
      if (!changed && round % 2 == 1) {
        return;
      }
    }
  }

  /// What is not used up is worth nothing, so that somebody takes it; false if there is nothing.
  private boolean forgiveSlack() {
    Grid grid = load.grid;
    boolean slack = false;
    for (int row = 0; row < grid.rows; row++) {
      boolean open = load.used[row] < grid.cap[row] * (1 - SLACK);
      slack |= open && prices[row] > 0;
      worth[row] = open ? 0 : prices[row];
    }
    return slack;
  }

  /// Starts anew from everybody's cheapest choice and moves away from rows that are over who loses
  /// least by it; false, with nothing changed, if that does not make them hold or is dearer.
  boolean rebuild() {
    Column[] before = columns.clone();
    long cost = load.nodes() + beside();
    for (int d = 0; d < columns.length; d++) {
      swap(d, cheapest(d));
    }
    for (int round = 0; round < REPAIRS && anyOver(); round++) {
      findLeavers();
      for (int row = 0; row < load.grid.rows; row++) {
        while (load.isOver(row)) {
          @Nullable Leaver leaver = takeLeaver(row, -1);
          if (leaver == null) {
            break;
          }
          swap(leaver.deployment(), leaver.to());
        }
      }
    }
    if (!anyOver() && load.nodes() + beside() < cost) {
      return true;
    }
    for (int d = 0; d < columns.length; d++) {
      swap(d, before[d]);
    }
    return false;
  }

  private long beside() {
    long sum = 0;
    for (Column column : columns) {
      sum += column.beside;
    }
    return sum;
  }

  private boolean anyOver() {
    for (int row = 0; row < load.grid.rows; row++) {
      if (load.isOver(row)) {
        return true;
      }
    }
    return false;
  }

  private Column cheapest(int d) {
    @Nullable Column other = cheapest(d, columns[d].reduced(worth));
    return other == null ? columns[d] : other;
  }

  /// The cheapest choice of a deployment that is as good as what it has; absent if none costs less
  /// than so much.
  private @Nullable Column cheapest(int d, double than) {
    @Nullable Column best = null;
    double least = than;
    for (Column column : choices.get(d)) {
      double reduced = column.reduced(worth);
      if (reduced < least && isAsGood(column, columns[d])) {
        best = column;
        least = reduced;
      }
    }
    return best;
  }

  private List<Gain> gains() {
    Gain[] all = new Gain[columns.length];
    Dual.parallel(
        columns.length,
        (from, to) -> {
          for (int d = from; d < to; d++) {
            all[d] = gain(d);
          }
        });
    List<Gain> gains = new ArrayList<>();
    for (@Nullable Gain gain : all) {
      if (gain != null) {
        gains.add(gain);
      }
    }
    gains.sort(Comparator.comparingDouble((Gain gain) -> -gain.saved()));
    return gains;
  }

  private @Nullable Gain gain(int d) {
    double now = columns[d].reduced(worth);
    @Nullable Column best = cheapest(d, now - Math.max(100, now * 1e-4));
    return best == null ? null : new Gain(d, best, now - best.reduced(worth));
  }

  static boolean isAsGood(Column column, Column now) {
    return column.missing <= now.missing
        && column.shortage <= now.shortage
        && column.level <= now.level;
  }

  private void findLeavers() {
    Leaver[][] all = new Leaver[columns.length][];
    Dual.parallel(
        columns.length,
        (from, to) -> {
          for (int d = from; d < to; d++) {
            all[d] = leavers(d);
          }
        });
    List<List<Leaver>> byRow = new ArrayList<>();
    for (int row = 0; row < load.grid.rows; row++) {
      byRow.add(new ArrayList<>());
    }
    for (int d = 0; d < columns.length; d++) {
      for (int i = 0; i < all[d].length; i++) {
        @Nullable Leaver leaver = all[d][i];
        if (leaver != null) {
          byRow.get(columns[d].rows[i]).add(leaver);
        }
      }
    }
    leavers = new Leaver[byRow.size()][];
    next = new int[byRow.size()];
    Dual.parallel(
        leavers.length,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            Leaver[] sorted = byRow.get(row).toArray(new Leaver[0]);
            Arrays.sort(sorted, Comparator.comparingDouble(Leaver::loss));
            leavers[row] = sorted;
          }
        });
  }

  /// How a deployment could leave each row that it uses, at the least loss; absent where it cannot.
  private @Nullable Leaver[] leavers(int d) {
    Column now = columns[d];
    double price = now.reduced(worth);
    @Nullable Leaver[] found = new Leaver[now.rows.length];
    for (Column other : choices.get(d)) {
      if (!isAsGood(other, now)) {
        continue;
      }
      double dearer = other.reduced(worth) - price;
      for (int i = 0; i < now.rows.length; i++) {
        long freed = now.uses[i] - use(other, now.rows[i]);
        @Nullable Leaver best = found[i];
        if (freed > 0 && (best == null || dearer / freed < best.loss())) {
          found[i] = new Leaver(d, now, other, dearer / freed);
        }
      }
    }
    return found;
  }

  private static long use(Column column, int row) {
    for (int i = 0; i < column.rows.length; i++) {
      if (column.rows[i] == row) {
        return column.uses[i];
      }
    }
    return 0;
  }

  private boolean move(Gain gain) {
    int d = gain.deployment();
    Column before = columns[d];
    if (!isAsGood(gain.to(), before)) {
      return false;
    }
    long saved = before.cost - gain.to().cost;
    load.remove(before);
    List<Leaver> moved = new ArrayList<>();
    while (!load.fits(gain.to()) && moved.size() < MOST_MOVES) {
      int row = load.firstOver(gain.to());
      @Nullable Leaver leaver = row < 0 ? null : takeLeaver(row, d);
      if (leaver == null) {
        break;
      }
      saved += leaver.from().cost - leaver.to().cost;
      swap(leaver.deployment(), leaver.to());
      moved.add(leaver);
    }
    if (saved > 0 && load.fits(gain.to())) {
      load.add(gain.to());
      columns[d] = gain.to();
      return true;
    }
    for (Leaver leaver : moved.reversed()) {
      swap(leaver.deployment(), leaver.from());
    }
    load.add(before);
    return false;
  }

  private void swap(int d, Column to) {
    load.remove(columns[d]);
    load.add(to);
    columns[d] = to;
  }

  /// The next of those who could leave a row and have not moved, whose other place has room.
  private @Nullable Leaver takeLeaver(int row, int mover) {
    Leaver[] all = leavers[row];
    int tries = 0;
    for (int i = next[row]; i < all.length && tries < TRIES; i++) {
      Leaver leaver = all[i];
      int d = leaver.deployment();
      boolean gone = columns[d] != leaver.from();
      if (gone && i == next[row]) {
        next[row]++;
      }
      if (gone || d == mover) {
        continue;
      }
      tries++;
      load.remove(leaver.from());
      boolean fits = load.fits(leaver.to());
      load.add(leaver.from());
      if (fits) {
        return leaver;
      }
    }
    return null;
  }
}
