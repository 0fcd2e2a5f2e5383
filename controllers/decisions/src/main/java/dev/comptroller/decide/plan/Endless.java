package dev.comptroller.decide.plan;

import java.util.Arrays;

/// Items of a cover that never run out, and so make others needless.
///
/// A cover without a needless replica has no more of them than the slowest item would take. An item
/// never runs out if its offer and its rows hold that many, whichever items they are of: then
/// whatever is no faster and no cheaper can be swapped for it, one for one.
final class Endless {
  private int[] found = new int[0];
  private int size;

  private Items items = Items.NONE;
  private long[] price = new long[0];
  private int[] offerLeft = new int[0];
  private long[] left = new long[0];
  private long many;

  /// Begins with none.
  ///
  /// @param price by item
  /// @param offerLeft by offer, how many there may be
  /// @param left by row of the items
  /// @param many replicas that a cover has at most
  void begin(Items items, long[] price, int[] offerLeft, long[] left, long many) {
    this.items = items;
    this.price = price;
    this.offerLeft = offerLeft;
    this.left = left;
    this.many = many;
    size = 0;
    if (found.length < items.size) {
      found = Arrays.copyOf(found, items.size);
    }
  }

  /// Whether an item is needless. One that is not makes others so from now on if it never runs out:
  /// so ask in order of price per token.
  boolean isNeedless(int i) {
    for (int k = 0; k < size; k++) {
      if (items.rate[found[k]] >= items.rate[i] && price[found[k]] <= price[i]) {
        return true;
      }
    }
    if (neverRunsOut(i)) {
      found[size++] = i;
    }
    return false;
  }

  private boolean neverRunsOut(int i) {
    int pool = items.poolLocal[i];
    return !items.kept[i]
        && offerLeft[items.offer[i]] >= many
        && holdsMany(0)
        && holdsMany(items.placeLocal[i])
        && (pool < 0 || holdsMany(pool));
  }

  private boolean holdsMany(int row) {
    return items.mostUse[row] == 0 || left[row] / items.mostUse[row] >= many;
  }
}
