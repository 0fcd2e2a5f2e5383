package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who could leave each row for another choice of theirs, those first who lose least by it.
final class Leavers {
  private final Column[] columns;
  private final Load load;
  private final List<List<Column>> choices;

  private Leaver[][] byRow = new Leaver[0][];

  /// By row, the first who has not gone, and who is looked at next.
  private int[] first = new int[0];

  private int[] next = new int[0];

  /// A deployment that could leave a row.
  ///
  /// @param loss what it costs more for a unit of the row that it frees
  record Leaver(int deployment, Column from, Column to, double loss) {}

  Leavers(Column[] columns, Load load, List<List<Column>> choices) {
    this.columns = columns;
    this.load = load;
    this.choices = choices;
  }

  /// Finds them at these prices.
  void find(double[] worth) {
    Leaver[][] all = new Leaver[columns.length][];
    Dual.parallel(
        columns.length,
        (from, to) -> {
          for (int d = from; d < to; d++) {
            all[d] = of(d, worth);
          }
        });
    List<List<Leaver>> lists = new ArrayList<>();
    for (int row = 0; row < load.grid.rows; row++) {
      lists.add(new ArrayList<>());
    }
    for (int d = 0; d < columns.length; d++) {
      for (int i = 0; i < all[d].length; i++) {
        @Nullable Leaver leaver = all[d][i];
        if (leaver != null) {
          lists.get(columns[d].rows[i]).add(leaver);
        }
      }
    }
    byRow = new Leaver[lists.size()][];
    first = new int[lists.size()];
    Dual.parallel(
        byRow.length,
        (from, to) -> {
          for (int row = from; row < to; row++) {
            Leaver[] sorted = lists.get(row).toArray(new Leaver[0]);
            Arrays.sort(sorted, Comparator.comparingDouble(Leaver::loss));
            byRow[row] = sorted;
          }
        });
    rewind();
  }

  /// How a deployment could leave each row that it uses, at the least loss; absent where it cannot.
  private @Nullable Leaver[] of(int d, double[] worth) {
    Column now = columns[d];
    double price = now.reduced(worth);
    @Nullable Leaver[] found = new Leaver[now.rows.length];
    for (Column other : choices.get(d)) {
      if (other == now || !Exchange.isAsGood(other, now)) {
        continue;
      }
      double dearer = other.reduced(worth) - price;
      for (int i = 0; i < now.rows.length; i++) {
        long freed = now.uses[i] - other.use(now.rows[i]);
        @Nullable Leaver best = found[i];
        if (freed > 0 && (best == null || dearer / freed < best.loss())) {
          found[i] = new Leaver(d, now, other, dearer / freed);
        }
      }
    }
    return found;
  }

  /// Looks at everybody again who has not gone.
  void rewind() {
    for (int row = 0; row < byRow.length; row++) {
      while (first[row] < byRow[row].length && hasGone(byRow[row][first[row]])) {
        first[row]++;
      }
    }
    next = first.clone();
  }

  private boolean hasGone(Leaver leaver) {
    return columns[leaver.deployment()] != leaver.from();
  }

  /// The next of those who could leave a row, whose other choice has room; absent if there is none
  /// or if it takes too many tries.
  ///
  /// @param mover who is not asked; -1 if all are
  @Nullable Leaver take(int row, int mover, int tries) {
    Leaver[] all = byRow[row];
    int left = tries;
    while (next[row] < all.length && left > 0) {
      Leaver leaver = all[next[row]++];
      if (!hasGone(leaver) && leaver.deployment() != mover) {
        left--;
        load.remove(leaver.from());
        boolean fits = load.fits(leaver.to());
        load.add(leaver.from());
        if (fits) {
          return leaver;
        }
      }
    }
    return null;
  }
}
