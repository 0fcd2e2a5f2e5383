package dev.comptroller.decide.plan;

import dev.comptroller.decide.plan.Leavers.Leaver;
import java.util.ArrayList;
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
  private static final int MOST_MOVES = 100;

  private static final int TRIES = 200;

  /// Part of a row that may stay unused.
  private static final double SLACK = 0.002;

  private final Column[] columns;
  private final Load load;
  private final double[] prices;
  private final double[] worth;
  private final List<List<Column>> choices;
  private final @Nullable Dual more;

  private final Leavers leavers;

  private record Gain(int deployment, Column to, double saved) {}

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
    leavers = new Leavers(columns, load, choices);
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
      leavers.find(worth);
      boolean changed = false;
      for (Gain gain : gains) {
        changed |= move(gain);
      }
      if (!changed && (more == null || round % 2 == 1)) {
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

  /// Starts anew from everybody's cheapest choice and makes that hold; nothing changes if it is not
  /// cheaper.
  void rebuild() {
    Column[] before = columns.clone();
    long cost = cost();
    for (int d = 0; d < columns.length; d++) {
      swap(d, cheapest(d));
    }
    Rebuilding rebuilding = new Rebuilding(columns, load, worth, choices);
    if (!rebuilding.repair()) {
      rebuilding.goBack(before);
    }
    if (cost() >= cost) {
      for (int d = 0; d < columns.length; d++) {
        swap(d, before[d]);
      }
    }
  }

  private long cost() {
    long sum = load.nodes();
    for (Column column : columns) {
      sum += column.beside;
    }
    return sum;
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

  private boolean move(Gain gain) {
    int d = gain.deployment();
    Column before = columns[d];
    if (!isAsGood(gain.to(), before)) {
      return false;
    }
    long saved = before.cost - gain.to().cost;
    load.remove(before);
    leavers.rewind();
    List<Leaver> moved = new ArrayList<>();
    while (!load.fits(gain.to()) && moved.size() < MOST_MOVES) {
      int row = load.firstOver(gain.to());
      @Nullable Leaver leaver = row < 0 ? null : leavers.take(row, d, TRIES);
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
}
