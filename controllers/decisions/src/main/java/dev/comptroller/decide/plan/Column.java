package dev.comptroller.decide.plan;

import java.util.Arrays;

/// One way to serve one deployment, whole: replicas by item and what they use of the grid's rows.
final class Column {
  final Items items;
  final int level;
  final int[] item;
  final int[] count;

  /// What is missing of the need, and of the fewest replicas.
  final long shortage;

  final int missing;
  final long cost;
  final long beside;
  final long bill;
  final long rate;
  final int replicas;

  /// Grid rows and what of them is used.
  final int[] rows;

  final long[] uses;

  Column(Items items, int level, int[] counts) {
    this.items = items;
    this.level = level;
    int kinds = 0;
    for (int i = 0; i < items.size; i++) {
      kinds += counts[i] > 0 ? 1 : 0;
    }
    item = new int[kinds];
    count = new int[kinds];
    int[] usedRows = new int[2 * kinds + 1];
    long[] used = new long[2 * kinds + 1];
    int distinct = 0;
    long costs = 0;
    long besides = 0;
    long bills = 0;
    long rates = 0;
    int all = 0;
    kinds = 0;
    for (int i = 0; i < items.size; i++) {
      int n = counts[i];
      if (n == 0) {
        continue;
      }
      item[kinds] = i;
      count[kinds++] = n;
      costs += n * items.cost[i];
      besides += n * items.beside[i];
      bills += n * items.bill[i];
      rates += n * items.rate[i];
      all += n;
      distinct = add(usedRows, used, distinct, items.placeRow[i], n * items.placeUse[i]);
      if (items.poolRow[i] >= 0) {
        distinct = add(usedRows, used, distinct, items.poolRow[i], n * items.poolUse[i]);
      }
    }
    if (bills > 0) {
      distinct = add(usedRows, used, distinct, items.namespaceRow, bills);
    }
    cost = costs;
    beside = besides;
    bill = bills;
    rate = rates;
    replicas = all;
    shortage = Math.max(0, items.need - rates);
    missing = Math.max(0, items.demand.scaling().minReplicas() - all);
    rows = Arrays.copyOf(usedRows, distinct);
    uses = Arrays.copyOf(used, distinct);
  }

  private static int add(int[] rows, long[] uses, int distinct, int row, long use) {
    for (int i = 0; i < distinct; i++) {
      if (rows[i] == row) {
        uses[i] += use;
        return distinct;
      }
    }
    rows[distinct] = row;
    uses[distinct] = use;
    return distinct + 1;
  }

  /// Whether nothing is missing.
  boolean isFull() {
    return shortage == 0 && missing == 0;
  }

  /// Tokens a second of the need that are served, in thousandths.
  long served() {
    return items.need - shortage;
  }

  /// The cost with what its rows are worth.
  double reduced(double[] worth) {
    double sum = cost;
    for (int i = 0; i < rows.length; i++) {
      sum += worth[rows[i]] * uses[i];
    }
    return sum;
  }

  /// What it uses of a row of the grid.
  long use(int row) {
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] == row) {
        return uses[i];
      }
    }
    return 0;
  }

  int[] counts() {
    int[] counts = new int[items.size];
    for (int i = 0; i < item.length; i++) {
      counts[item[i]] = count[i];
    }
    return counts;
  }

  boolean sameAs(Column other) {
    return level == other.level
        && Arrays.equals(item, other.item)
        && Arrays.equals(count, other.count);
  }
}
