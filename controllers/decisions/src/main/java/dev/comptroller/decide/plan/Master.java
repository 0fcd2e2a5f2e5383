package dev.comptroller.decide.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Kept columns of all deployments, laid out flat, and prices that settle over them.
///
/// The sum of everybody's cheapest column less what the rows are worth is concave in the prices,
/// and its slope by a row is what is asked of the row beyond what there is. Prices climb it: every
/// row's by a step of its own that grows while the row stays over, or under, and shrinks when it
/// turns. Rows that stand in for each other turn often, so that their steps grow small while all of
/// them may still be too cheap; so the level of all prices together moves the same way first.
final class Master {
  private static final double GROW = 1.2;
  private static final double SHRINK = 0.7;
  private static final double MOST_STEP = 1;
  private static final double MOST_LEVEL_STEP = 0.3;

  /// A step is whole from this part of a row that is asked for too much.
  private static final double WHOLE_FROM = 0.2;

  /// Moves without a better value, and what counts as better, after which prices are settled.
  private static final int STILL = 12;

  private static final double BETTER = 2e-6;

  private final double[] room;
  private final boolean[] priced;
  private final double[] unit;

  /// By deployment its first column, by column its first use; one more at the end of each.
  private final int[] firstColumn;

  private final int[] firstUse;
  private final double[] cost;
  private final int[] row;
  private final double[] use;

  private final double[] excess;
  private double value;

  /// What a deployment's column costs beside what its rows are worth.
  interface Cost {
    double of(int deployment, Column column);
  }

  /// @param room what there is of each row
  /// @param priced rows that may have a price
  /// @param unit by row, a price that steps are relative to
  Master(double[] room, boolean[] priced, double[] unit, List<List<Column>> kept, Cost cost) {
    this.room = room;
    this.priced = priced;
    this.unit = unit;
    excess = new double[room.length];
    int columns = 0;
    int uses = 0;
    for (List<Column> each : kept) {
      columns += each.size();
      for (Column column : each) {
        uses += column.rows.length;
      }
    }
    firstColumn = new int[kept.size() + 1];
    firstUse = new int[columns + 1];
    this.cost = new double[columns];
    row = new int[uses];
    use = new double[uses];
    int c = 0;
    int u = 0;
    for (int d = 0; d < kept.size(); d++) {
      for (Column column : kept.get(d)) {
        this.cost[c] = cost.of(d, column);
        for (int i = 0; i < column.rows.length; i++) {
          row[u] = column.rows[i];
          use[u++] = column.uses[i];
        }
        firstUse[++c] = u;
      }
      firstColumn[d + 1] = c;
    }
  }

  /// By deployment, the index of its cheapest column among its own.
  int cheapest(int d, double[] worth) {
    return cheapestAt(d, worth) - firstColumn[d];
  }

  private int cheapestAt(int d, double[] worth) {
    int best = firstColumn[d];
    double least = price(best, worth);
    for (int c = best + 1; c < firstColumn[d + 1]; c++) {
      double price = price(c, worth);
      if (price < least) {
        least = price;
        best = c;
      }
    }
    return best;
  }

  private double price(int column, double[] worth) {
    double price = cost[column];
    for (int u = firstUse[column]; u < firstUse[column + 1]; u++) {
      price += worth[row[u]] * use[u];
    }
    return price;
  }

  /// Moves prices until they are settled, this often at most.
  void settle(double[] worth, Steps steps, int moves) {
    double[] best = worth.clone();
    double most = Double.NEGATIVE_INFINITY;
    int still = 0;
    for (int move = 0; move <= moves && still < STILL; move++) {
      look(worth);
      still++;
      if (value > most) {
        still = value > most + Math.abs(most) * BETTER ? 0 : still;
        most = value;
        System.arraycopy(worth, 0, best, 0, worth.length);
      }
      moveLevel(worth, steps);
      moveRows(worth, steps);
    }
    System.arraycopy(best, 0, worth, 0, worth.length);
  }

  private void moveLevel(double[] worth, Steps steps) {
    double over = 0;
    double all = 1;
    for (int r = 0; r < worth.length; r++) {
      over += worth[r] * room[r] * excess[r];
      all += worth[r] * room[r];
    }
    double part = over / all;
    double factor = 1 + Steps.next(steps.level, 0, part, MOST_LEVEL_STEP) * sized(part);
    for (int r = 0; r < worth.length; r++) {
      worth[r] *= factor;
    }
  }

  private void moveRows(double[] worth, Steps steps) {
    for (int r = 0; r < worth.length; r++) {
      if (priced[r]) {
        boolean idle = worth[r] == 0 && excess[r] < 0;
        double step = Steps.next(steps.row, r, idle ? 0 : excess[r], MOST_STEP);
        worth[r] = Math.max(0, worth[r] + step * unit[r] * sized(excess[r]));
      }
    }
  }

  private static double sized(double part) {
    return Math.clamp(part / WHOLE_FROM, -1, 1);
  }

  /// Raises prices until no more is asked of any row than there is, or as long as that helps.
  void tighten(double[] worth, int moves) {
    for (int move = 0; move < moves; move++) {
      look(worth);
      boolean over = false;
      for (int r = 0; r < worth.length; r++) {
        if (excess[r] > 0) {
          worth[r] += unit[r] * (0.001 + 0.05 * Math.min(1, excess[r]));
          over = true;
        }
      }
      if (!over) {
        return;
      }
    }
  }

  /// What is asked of every row beyond what there is, as a part of that, and the value, at these
  /// prices.
  private void look(double[] worth) {
    int rows = worth.length;
    double[] asked = new double[rows + 1];
    double[][] parts = new double[Dual.CHUNKS][];
    Dual.chunks(
        firstColumn.length - 1,
        (chunk, from, to) -> {
          double[] part = new double[rows + 1];
          for (int d = from; d < to; d++) {
            int best = cheapestAt(d, worth);
            part[rows] += price(best, worth);
            for (int u = firstUse[best]; u < firstUse[best + 1]; u++) {
              part[row[u]] += use[u];
            }
          }
          parts[chunk] = part;
        });
    for (double @Nullable [] part : parts) {
      for (int r = 0; part != null && r <= rows; r++) {
        asked[r] += part[r];
      }
    }
    value = asked[rows];
    for (int r = 0; r < rows; r++) {
      excess[r] = priced[r] ? (asked[r] - room[r]) / room[r] : 0;
      value -= priced[r] ? worth[r] * room[r] : 0;
    }
  }

  /// How far prices move next: by row, relative to its unit, and all of them, relative to
  /// themselves.
  static final class Steps {
    /// Each pair: the step, and which way it went last.
    private final double[][] row;

    private final double[][] level = {{0.1, 0}};

    Steps(int rows) {
      row = new double[rows][];
      for (int r = 0; r < rows; r++) {
        row[r] = new double[] {0.05, 0};
      }
    }

    private static double next(double[][] steps, int index, double way, double most) {
      double[] step = steps[index];
      double turned = way * step[1];
      step[0] = turned > 0 ? Math.min(most, step[0] * GROW) : step[0];
      step[0] = turned < 0 ? step[0] * SHRINK : step[0];
      step[1] = way;
      return step[0];
    }
  }
}
