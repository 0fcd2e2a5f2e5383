package dev.comptroller.decide.plan;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;

/// A plan made from the one before: what is not touched by a change stays as it is.
///
/// Touched are deployments that changed or are new; then, lowest priority first, those who must
/// leave rows that have become too small; then those of lower priority in the way of one that would
/// be short. They are filled into what is left at the prices of the plan before. Where a change
/// freed something, those who were short of it look again.
final class Replanning {
  private static final int MOST_LOOKING_AGAIN = 64;
  private static final int MOST_MAKING_WAY = 16;
  private static final Comparator<DeploymentDemand> NAME =
      Comparator.comparing(DeploymentDemand::namespace).thenComparing(DeploymentDemand::name);

  private final Plan before;
  private final FleetDemand demand;
  private final Grid grid;
  private final Program[] programs;
  private final Column[] columns;
  private final long[] bounds;
  private final Load load;
  private final Cover cover = new Cover();

  /// Who comes last first.
  private final Comparator<Integer> last;

  private final TreeSet<Integer> touched = new TreeSet<>();

  Replanning(Plan before, FleetDemand demand, Grid grid) {
    this.before = before;
    this.demand = demand;
    this.grid = grid;
    int size = demand.deployments().size();
    programs = new Program[size];
    columns = new Column[size];
    bounds = new long[size];
    load = before.load.on(grid);
    last =
        Comparator.comparingInt((Integer d) -> programs[d].items.demand.priority())
            .thenComparingInt(d -> programs[d].items.demand.weight())
            .thenComparing(Comparator.reverseOrder());
  }

  /// The plan; absent changes give the same plan again.
  Plan run() {
    adopt();
    evict();
    Column[] wanted = new Column[columns.length];
    Filling filling = new Filling(programs, columns, load, before.worth);
    fill(filling, wanted);
    if (makeWay(wanted)) {
      fill(filling, wanted);
    }
    lookAgain(filling);
    for (int d : touched) {
      bounds[d] = Dual.bound(programs[d], columns[d], before.worth, grid, cover);
    }
    return new Plan(demand, grid, programs, columns, load, before.worth, bounds);
  }

  /// Takes over what did not change.
  private void adopt() {
    List<DeploymentDemand> old = before.demand.deployments();
    List<DeploymentDemand> now = demand.deployments();
    int o = 0;
    for (int d = 0; d < now.size(); d++) {
      if (o < old.size() && old.get(o).equals(now.get(d))) {
        keep(d, o++);
        continue;
      }
      while (o < old.size() && NAME.compare(old.get(o), now.get(d)) < 0) {
        load.remove(before.columns[o++]);
      }
      boolean known = o < old.size() && NAME.compare(old.get(o), now.get(d)) == 0;
      if (known && old.get(o).equals(now.get(d))) {
        keep(d, o);
      } else {
        if (known) {
          load.remove(before.columns[o]);
        }
        programs[d] = Program.of(now.get(d), grid, cover);
        columns[d] = programs[d].nothing();
        touched.add(d);
      }
      o += known ? 1 : 0;
    }
    while (o < old.size()) {
      load.remove(before.columns[o++]);
    }
  }

  private void keep(int d, int old) {
    programs[d] = before.programs[old];
    columns[d] = before.columns[old];
    bounds[d] = before.bounds[old];
  }

  /// Makes every row hold by taking from whoever comes last.
  private void evict() {
    for (int row = 0; row < grid.rows; row++) {
      if (load.isOver(row)) {
        PriorityQueue<Integer> users = users(row, Integer.MAX_VALUE);
        while (load.isOver(row) && !users.isEmpty()) {
          release(users.remove());
        }
      }
    }
  }

  private void release(int d) {
    load.remove(columns[d]);
    columns[d] = programs[d].nothing();
    touched.add(d);
  }

  /// Untouched users of a row of less than a priority, who comes last first.
  private PriorityQueue<Integer> users(int row, int priority) {
    boolean pool = row >= grid.poolRow && row < grid.namespaceRow;
    PriorityQueue<Integer> users = new PriorityQueue<>(last);
    for (int d = 0; d < columns.length; d++) {
      Column column = columns[d];
      for (int i = 0; i < column.rows.length; i++) {
        if (column.rows[i] == row
            && (column.uses[i] > 0 || pool)
            && programs[d].items.demand.priority() < priority
            && !touched.contains(d)) {
          users.add(d);
        }
      }
    }
    return users;
  }

  private void fill(Filling filling, Column[] wanted) {
    for (int d : touched) {
      Program program = programs[d];
      load.remove(columns[d]);
      columns[d] = program.nothing();
      wanted[d] =
          program.choose(program.prices(before.worth), Program.caps(program.items, grid), cover);
    }
    filling.fill(List.copyOf(touched), wanted);
  }

  /// Releases who is in the way of one of higher priority that is short; false if nobody is, or
  /// if too many are.
  private boolean makeWay(Column[] wanted) {
    boolean released = false;
    for (int d : List.copyOf(touched)) {
      if (isShort(d) && wanted[d].isFull()) {
        released |= makeWay(d, wanted[d]);
      }
    }
    return released;
  }

  private boolean makeWay(int d, Column wanted) {
    int priority = programs[d].items.demand.priority();
    load.remove(columns[d]);
    Map<Integer, Column> gone = new LinkedHashMap<>();
    Map<Integer, PriorityQueue<Integer>> queues = new HashMap<>();
    while (!load.fits(wanted) && gone.size() < MOST_MAKING_WAY) {
      int row = load.firstOver(wanted);
      PriorityQueue<Integer> queue = queues.computeIfAbsent(row, each -> users(each, priority));
      queue.removeIf(gone::containsKey);
      if (queue.isEmpty()) {
        break;
      }
      int user = queue.remove();
      gone.put(user, columns[user]);
      load.remove(columns[user]);
    }
    boolean fits = load.fits(wanted);
    gone.forEach(
        (user, column) -> {
          if (fits) {
            columns[user] = programs[user].nothing();
            touched.add(user);
          } else {
            load.add(column);
          }
        });
    load.add(columns[d]);
    return fits && !gone.isEmpty();
  }

  private boolean isShort(int d) {
    return programs[d].isShort(columns[d]);
  }

  /// Those who are short look again at rows that have more left than before.
  private void lookAgain(Filling filling) {
    long[] left = new long[grid.rows];
    boolean[] freed = new boolean[grid.rows];
    for (int row = 0; row < grid.rows; row++) {
      left[row] = grid.cap[row] - load.used[row];
      freed[row] = left[row] > before.grid.cap[row] - before.load.used[row];
    }
    long[] leftOfFreed = left.clone();
    for (int row = 0; row < grid.poolRow; row++) {
      boolean pool = row % 2 == 1 && freed[grid.poolRow + grid.poolOf[row / 2]];
      leftOfFreed[row] = freed[row] || pool ? left[row] : -1;
    }
    PriorityQueue<Integer> waiting = new PriorityQueue<>(filling.byPriority());
    for (int d = 0; d < columns.length; d++) {
      if (isShort(d) && hasRoomIn(d, freed[programs[d].items.namespaceRow] ? left : leftOfFreed)) {
        waiting.add(d);
      }
    }
    for (int looking = 0; looking < MOST_LOOKING_AGAIN && !waiting.isEmpty(); looking++) {
      int d = waiting.remove();
      if (filling.again(d)) {
        touched.add(d);
      }
    }
  }

  /// Whether a replica fits into what is left of places, with what the deployment has there.
  private boolean hasRoomIn(int d, long[] left) {
    Items items = programs[d].items;
    for (int i = 0; i < items.size; i++) {
      long there = left[items.placeRow[i]];
      if (there >= 0 && there + columns[d].use(items.placeRow[i]) >= items.placeUse[i]) {
        return true;
      }
    }
    return false;
  }
}
