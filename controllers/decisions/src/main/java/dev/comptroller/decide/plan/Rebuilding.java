package dev.comptroller.decide.plan;

import dev.comptroller.decide.plan.Leavers.Leaver;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes columns that ask too much of some rows hold.
///
/// First those move away who lose least by it, to other choices that have room. Where that is not
/// enough, who came from a plan that holds goes back to what it had there, again those first who
/// lose least: in the end all of them, so that it always succeeds.
final class Rebuilding {
  private static final int REPAIRS = 4;

  private final Column[] columns;
  private final Load load;
  private final double[] worth;
  private final Leavers leavers;

  /// @param columns by deployment; they are in `load`
  Rebuilding(Column[] columns, Load load, double[] worth, List<List<Column>> choices) {
    this.columns = columns;
    this.load = load;
    this.worth = worth;
    leavers = new Leavers(columns, load, choices);
  }

  /// Lets those move away who lose least by it; whether every row holds then.
  boolean repair() {
    for (int round = 0; round < REPAIRS && anyOver(); round++) {
      leavers.find(worth);
      for (int row = 0; row < load.grid.rows; row++) {
        while (load.isOver(row)) {
          @Nullable Leaver leaver = leavers.take(row, -1, Integer.MAX_VALUE);
          if (leaver == null) {
            break;
          }
          swap(leaver.deployment(), leaver.to());
        }
      }
    }
    return !anyOver();
  }

  /// Lets those who lose least by it go back to what they had, until every row holds again.
  ///
  /// Where nobody who is left frees a row that is over - a pool whose nodes are counted whole -
  /// everybody goes back.
  ///
  /// @param before columns that hold
  void goBack(Column[] before) {
    boolean moved = true;
    while (moved && anyOver()) {
      moved = false;
      for (int row = 0; row < load.grid.rows; row++) {
        if (load.isOver(row)) {
          for (Leaver leaver : returners(row, before)) {
            swap(leaver.deployment(), leaver.to());
            moved = true;
            if (!load.isOver(row)) {
              break;
            }
          }
        }
      }
    }
    for (int d = 0; d < columns.length && !moved; d++) {
      swap(d, before[d]);
    }
  }

  private List<Leaver> returners(int row, Column[] before) {
    List<Leaver> returners = new ArrayList<>();
    for (int d = 0; d < columns.length; d++) {
      Column now = columns[d];
      long freed = now == before[d] ? 0 : now.use(row) - before[d].use(row);
      if (freed > 0) {
        double loss = before[d].reduced(worth) - now.reduced(worth);
        returners.add(new Leaver(d, now, before[d], loss / freed));
      }
    }
    returners.sort(Comparator.comparingDouble(Leaver::loss));
    return returners;
  }

  private boolean anyOver() {
    for (int row = 0; row < load.grid.rows; row++) {
      if (load.isOver(row)) {
        return true;
      }
    }
    return false;
  }

  private void swap(int d, Column to) {
    load.remove(columns[d]);
    load.add(to);
    columns[d] = to;
  }
}
