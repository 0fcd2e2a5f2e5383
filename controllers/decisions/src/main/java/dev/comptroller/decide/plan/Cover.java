package dev.comptroller.decide.plan;

import java.util.Arrays;

/// The cheapest whole replicas that cover a need: an exact branch and bound.
///
/// Minimise, in this order: replicas missing to the fewest wanted, tokens a second missing to the
/// need, and the sum of prices; subject to the most replicas, to what each offer has at most and
/// runs now, and to what is left of every row.
///
/// Items are tried in order of price per token, each from as many as are useful down to none. A
/// branch is cut when its bound is no better than the best cover known: what is still to be covered
/// at the best price per token left, at least one replica's price, and at least the price of the
/// replicas still wanted. Prices are never negative, so a cover needs nothing more. If the search
/// passes its limit of steps the best cover found stands, and `bound` says how good one could be.
///
/// Items that no best cover needs are left out first ([Endless]).
///
/// Where all replicas must be of one variant, each variant is searched alone and the best stands.
///
/// Deterministic: equal covers are told apart by the order of the items. One instance serves one
/// thread and is used again.
final class Cover {
  private static final long MANY = Long.MAX_VALUE / 8;

  /// Any variant.
  private static final int ANY = -1;

  private int[] order = new int[0];
  private double[] ratio = new double[0];
  private long[] price = new long[0];
  private long[] suffixRate = new long[0];
  private long[] suffixFastest = new long[0];
  private long[] suffixCheapest = new long[0];
  private long[] suffixCount = new long[0];
  private int[] taken = new int[0];
  private int[] offerLeft = new int[0];
  private int[] keepLeft = new int[0];
  private long[] left = new long[0];
  private final Endless endless = new Endless();

  private Items items = Items.NONE;
  private int size;
  private int fewest;
  private int most;
  private int steps;
  private int limit;
  private int only = ANY;
  private int[] other = new int[0];

  /// The outcome: replicas by item; missing replicas and tokens; sum of prices; whether it is
  /// proven best; a lower bound of the sum of prices of any cover with nothing missing.
  int[] best = new int[0];

  int missing;
  long shortage;
  long total;
  boolean exact;
  long bound;

  /// Solves for the items of `of` up to `level`.
  ///
  /// @param prices by item
  /// @param need tokens a second, in thousandths
  /// @param rowsLeft by `of.rows`
  /// @param limitOfSteps when to give up
  void solve(
      Items of,
      int level,
      long[] prices,
      long need,
      int fewestWanted,
      int mostWanted,
      long[] rowsLeft,
      int limitOfSteps) {
    items = of;
    price = prices;
    fewest = fewestWanted;
    most = mostWanted;
    limit = limitOfSteps;
    reserve();
    only = of.demand.oneVariant() && of.variants > 1 ? 0 : ANY;
    search(level, need, rowsLeft);
    if (only != ANY) {
      searchOthers(level, need, rowsLeft);
    }
  }

  /// Searches every variant but the first, and keeps the best of all.
  private void searchOthers(int level, long need, long[] rowsLeft) {
    if (other.length < best.length) {
      other = new int[best.length];
    }
    for (only = 1; only < items.variants; only++) {
      System.arraycopy(best, 0, other, 0, items.size);
      int missed = missing;
      long shorted = shortage;
      long sum = total;
      boolean sure = exact;
      long least = bound;
      search(level, need, rowsLeft);
      boolean better =
          missing < missed
              || (missing == missed
                  && (shortage < shorted || (shortage == shorted && total < sum)));
      boolean equal = missing == missed && shortage == shorted;
      // One that serves less and is known to serve no more bounds nothing.
      long both = Math.min(bound, least);
      bound = equal ? both : better ? (sure ? bound : both) : exact ? least : both;
      exact &= sure;
      if (!better) {
        System.arraycopy(other, 0, best, 0, items.size);
        missing = missed;
        shortage = shorted;
        total = sum;
      }
    }
  }

  private void search(int level, long need, long[] rowsLeft) {
    steps = 0;
    for (int o = 0; o < items.demand.offers().size(); o++) {
      offerLeft[o] = items.demand.offers().get(o).most();
      keepLeft[o] = items.demand.offers().get(o).running();
    }
    System.arraycopy(rowsLeft, 0, left, 0, items.rows.length);
    sort(level, need);
    dropNeedless(need);
    suffixes();
    Arrays.fill(best, 0, items.size, 0);
    Arrays.fill(taken, 0, items.size, 0);
    missing = Integer.MAX_VALUE;
    shortage = MANY;
    total = MANY;
    bound = size == 0 ? 0 : lower(0, need, fewest);
    go(0, need, 0, 0);
    exact = steps <= limit;
    if (exact) {
      bound = total;
    }
  }

  private void reserve() {
    if (best.length <= items.size) {
      int length = items.size + 16;
      order = new int[length];
      ratio = new double[length];
      suffixRate = new long[length + 1];
      suffixFastest = new long[length + 1];
      suffixCheapest = new long[length + 1];
      suffixCount = new long[length + 1];
      taken = new int[length];
      best = new int[length];
    }
    if (offerLeft.length < items.demand.offers().size()) {
      offerLeft = new int[items.demand.offers().size()];
      keepLeft = new int[offerLeft.length];
    }
    if (left.length < items.rows.length) {
      left = new long[items.rows.length];
    }
  }

  /// Orders what can be taken by price per useful token.
  private void sort(int level, long need) {
    size = 0;
    for (int i = 0; i < items.size; i++) {
      boolean may = items.level[i] <= level && (only == ANY || items.variant[i] == only);
      if (!may || fits(i) == 0) {
        continue;
      }
      double useful = (double) price[i] / Math.max(1, Math.min(items.rate[i], Math.max(1, need)));
      int at = size++;
      while (at > 0 && ratio[at - 1] > useful) {
        ratio[at] = ratio[at - 1];
        order[at] = order[at - 1];
        at--;
      }
      ratio[at] = useful;
      order[at] = i;
    }
  }

  /// Drops items that no best cover needs.
  private void dropNeedless(long need) {
    long slowest = Long.MAX_VALUE;
    for (int k = 0; k < size; k++) {
      slowest = Math.min(slowest, items.rate[order[k]]);
    }
    long many = Math.max(fewest, need <= 0 ? 0 : (need - 1) / slowest + 1);
    endless.begin(items, price, offerLeft, left, Math.min(many, most));
    int keep = 0;
    for (int k = 0; k < size; k++) {
      if (!endless.isNeedless(order[k])) {
        order[keep] = order[k];
        ratio[keep++] = ratio[k];
      }
    }
    size = keep;
  }

  private void suffixes() {
    suffixRate[size] = 0;
    suffixFastest[size] = 0;
    suffixCheapest[size] = MANY;
    suffixCount[size] = 0;
    for (int k = size - 1; k >= 0; k--) {
      int i = order[k];
      long count = fits(i);
      suffixRate[k] = Math.min(MANY, suffixRate[k + 1] + times(items.rate[i], count));
      suffixFastest[k] = Math.max(suffixFastest[k + 1], items.rate[i]);
      suffixCheapest[k] = Math.min(suffixCheapest[k + 1], price[i]);
      suffixCount[k] = Math.min(MANY, suffixCount[k + 1] + count);
    }
  }

  private static long times(long a, long b) {
    return b != 0 && a > MANY / b ? MANY : a * b;
  }

  /// How many more of an item offers and rows let be taken.
  private long fits(int i) {
    int o = items.offer[i];
    long count = items.kept[i] ? Math.min(offerLeft[o], keepLeft[o]) : offerLeft[o];
    count = Math.min(count, left[items.placeLocal[i]] / items.placeUse[i]);
    if (items.poolLocal[i] >= 0 && items.poolUse[i] > 0) {
      count = Math.min(count, left[items.poolLocal[i]] / items.poolUse[i]);
    }
    if (items.bill[i] > 0) {
      count = Math.min(count, left[0] / items.bill[i]);
    }
    return Math.max(0, count);
  }

  private void take(int i, int count) {
    int o = items.offer[i];
    taken[i] += count;
    offerLeft[o] -= count;
    if (items.kept[i]) {
      keepLeft[o] -= count;
    }
    left[items.placeLocal[i]] -= count * items.placeUse[i];
    if (items.poolLocal[i] >= 0) {
      left[items.poolLocal[i]] -= count * items.poolUse[i];
    }
    left[0] -= count * items.bill[i];
  }

  /// A lower bound of what covering `rest` and `wanted` replicas costs from position `k` on.
  private long lower(int k, long rest, int wanted) {
    if (rest <= 0 && wanted <= 0) {
      return 0;
    }
    if (k >= size) {
      return MANY;
    }
    long least = times(suffixCheapest[k], Math.max(1, wanted));
    return rest <= 0 ? least : Math.max(least, linear(k, rest));
  }

  private long linear(int k, long rest) {
    // One part in a billion less, so that rounding never makes it too much.
    return Math.min(MANY, (long) (ratio[k] * rest * (1 - 1e-9)));
  }

  private void go(int k, long rest, int count, long cost) {
    if (++steps > limit) {
      return;
    }
    int lacking = Math.max(0, fewest - count);
    if ((rest <= 0 && lacking == 0) || k == size) {
      leaf(Math.max(0, rest), lacking, cost);
      return;
    }
    long slots = Math.min(suffixCount[k], most - count);
    int leastMissing = (int) Math.max(0, lacking - slots);
    long reach = Math.min(suffixRate[k], times(suffixFastest[k], slots));
    long leastShort = Math.max(0, rest - reach);
    if (leastMissing > missing || (leastMissing == missing && leastShort > shortage)) {
      return;
    }
    boolean equal = leastMissing == missing && leastShort == shortage;
    if (equal && cost + lower(k, rest - shortage, lacking - missing) >= total) {
      return;
    }
    int i = order[k];
    long useful = Math.max(rest <= 0 ? 0 : (rest - 1) / items.rate[i] + 1, lacking);
    int high = (int) Math.min(Math.min(useful, most - count), fits(i));
    for (int n = high; n >= 0; n--) {
      take(i, n);
      go(k + 1, rest - n * items.rate[i], count + n, cost + n * price[i]);
      take(i, -n);
      if (steps > limit || (n > 0 && fewerIsNoBetter(k, rest, cost, n - 1))) {
        return;
      }
    }
  }

  /// Whether every smaller number of the item at `k` costs too much: what it leaves uncovered costs
  /// more per token elsewhere.
  private boolean fewerIsNoBetter(int k, long rest, long cost, int n) {
    if (missing > 0 || shortage > 0 || k + 1 >= size) {
      return false;
    }
    int i = order[k];
    long open = rest - n * items.rate[i];
    return open > 0 && cost + n * price[i] + linear(k + 1, open) >= total;
  }

  private void leaf(long open, int lacking, long cost) {
    boolean better =
        lacking < missing
            || (lacking == missing && (open < shortage || (open == shortage && cost < total)));
    if (better) {
      missing = lacking;
      shortage = open;
      total = cost;
      System.arraycopy(taken, 0, best, 0, items.size);
    }
  }
}
