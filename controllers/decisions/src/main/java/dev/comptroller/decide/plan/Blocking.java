package dev.comptroller.decide.plan;

import java.util.Set;
import java.util.TreeSet;

/// What keeps a deployment from one replica more.
final class Blocking {
  private Blocking() {}

  /// The grid rows that keep every offer that may serve from one replica more.
  static Set<Integer> rows(Program program, Column column, Load load) {
    Items items = program.items;
    Set<Integer> rows = new TreeSet<>();
    int[] counts = column.counts();
    for (int i = 0; i < items.size; i++) {
      if (!mayTake(items, counts, i)) {
        continue;
      }
      int row = row(items, i, load);
      if (row >= 0) {
        rows.add(row);
      }
    }
    return rows;
  }

  /// Whether an offer lets one more of an item be taken, room aside.
  static boolean mayTake(Items items, int[] counts, int i) {
    int all = 0;
    int kept = 0;
    for (int j = 0; j < items.size; j++) {
      if (items.offer[j] == items.offer[i]) {
        all += counts[j];
        kept += items.kept[j] ? counts[j] : 0;
      }
    }
    Offer offer = items.demand.offers().get(items.offer[i]);
    return all < offer.most() && (!items.kept[i] || kept < offer.running());
  }

  /// Whether one more of an item fits, nodes counted whole.
  static boolean fits(Items items, int i, Load load) {
    return row(items, i, load) < 0;
  }

  /// The row that one more of an item breaks; -1 if none.
  static int row(Items items, int i, Load load) {
    Grid grid = load.grid;
    int place = items.placeRow[i];
    if (load.used[place] + items.placeUse[i] > grid.cap[place]) {
      return place;
    }
    if (load.used[items.namespaceRow] + items.bill[i] > grid.cap[items.namespaceRow]) {
      return items.namespaceRow;
    }
    int pool = items.poolRow[i];
    if (pool < 0) {
      return -1;
    }
    load.used[place] += items.placeUse[i];
    boolean over = grid.furtherOfPool(pool - grid.poolRow, load.used) > grid.cap[pool];
    load.used[place] -= items.placeUse[i];
    return over ? pool : -1;
  }
}
