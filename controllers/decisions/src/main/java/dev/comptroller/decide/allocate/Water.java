package dev.comptroller.decide.allocate;

import java.math.BigInteger;
import java.util.List;

/// Fills glasses of different widths to the same level.
///
/// The highest-averages method with caps: unit after unit goes to the glass with the largest
/// `width / (content + 1)` that is not full. Whole parts are computed at once, because a glass
/// never gets less than its rounded-down share of the level; at most one unit per glass is then
/// handed out one by one.
final class Water {
  private Water() {}

  /// A glass.
  ///
  /// @param width its weight, 1 or more
  /// @param room how much fits
  record Glass(long width, long room) {}

  /// Contents by glass, which sum to `amount` or, if that is less, to all room.
  static long[] fill(List<Glass> glasses, long amount) {
    long[] content = new long[glasses.size()];
    boolean[] full = new boolean[glasses.size()];
    BigInteger left = BigInteger.valueOf(amount);
    BigInteger width = BigInteger.ZERO;
    for (Glass glass : glasses) {
      width = width.add(BigInteger.valueOf(glass.width()));
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = 0; i < content.length; i++) {
        Glass glass = glasses.get(i);
        BigInteger room = BigInteger.valueOf(glass.room());
        BigInteger share = left.multiply(BigInteger.valueOf(glass.width()));
        if (!full[i] && room.multiply(width).compareTo(share) <= 0) {
          full[i] = true;
          content[i] = glass.room();
          left = left.subtract(room);
          width = width.subtract(BigInteger.valueOf(glass.width()));
          changed = true;
        }
      }
    }
    long rest = left.longValueExact();
    for (int i = 0; i < content.length; i++) {
      if (!full[i]) {
        BigInteger share = left.multiply(BigInteger.valueOf(glasses.get(i).width()));
        content[i] = share.divide(width).longValueExact();
        rest -= content[i];
      }
    }
    handOut(glasses, content, rest);
    return content;
  }

  private static void handOut(List<Glass> glasses, long[] content, long units) {
    for (long unit = 0; unit < units; unit++) {
      int best = -1;
      for (int i = 0; i < content.length; i++) {
        if (content[i] < glasses.get(i).room()
            && (best < 0 || isThirstier(glasses, content, i, best))) {
          best = i;
        }
      }
      if (best < 0) {
        return;
      }
      content[best]++;
    }
  }

  private static boolean isThirstier(List<Glass> glasses, long[] content, int left, int right) {
    BigInteger leftWidth = BigInteger.valueOf(glasses.get(left).width());
    BigInteger rightWidth = BigInteger.valueOf(glasses.get(right).width());
    BigInteger leftNext = BigInteger.valueOf(content[left]).add(BigInteger.ONE);
    BigInteger rightNext = BigInteger.valueOf(content[right]).add(BigInteger.ONE);
    return leftWidth.multiply(rightNext).compareTo(rightWidth.multiply(leftNext)) > 0;
  }
}
