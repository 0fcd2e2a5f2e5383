package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.metering.Apportion;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;

/// Who saved what: Shapley shares of levers, in whole micro-dollars that sum exactly.
public final class Shapley {
  private Shapley() {}

  /// Each lever's share of `bill(0) - bill(all)`: the mean, over all orders of pulling them, of
  /// what the bill falls by when it is pulled. May be negative.
  ///
  /// @param levers how many there are, at most 10
  /// @param bill micro-dollars with these levers pulled, one bit for each
  public static List<Long> shares(int levers, IntToLongFunction bill) {
    int all = 1 << levers;
    long[] bills = new long[all];
    for (int set = 0; set < all; set++) {
      bills[set] = bill.applyAsLong(set);
    }
    BigInteger orders = factorial(levers);
    List<BigInteger> exact = new ArrayList<>();
    for (int lever = 0; lever < levers; lever++) {
      BigInteger sum = BigInteger.ZERO;
      for (int set = 0; set < all; set++) {
        if ((set >> lever & 1) == 0) {
          int before = Integer.bitCount(set);
          BigInteger weight = factorial(before).multiply(factorial(levers - before - 1));
          long saved = Math.subtractExact(bills[set], bills[set | 1 << lever]);
          sum = sum.add(weight.multiply(BigInteger.valueOf(saved)));
        }
      }
      exact.add(sum);
    }
    return rounded(exact, orders, Math.subtractExact(bills[0], bills[all - 1]));
  }

  /// Shares rounded so that they sum to `total`: down, then up by largest remainder.
  private static List<Long> rounded(List<BigInteger> exact, BigInteger orders, long total) {
    List<Long> shares = new ArrayList<>();
    List<BigInteger> remainders = new ArrayList<>();
    long left = total;
    for (BigInteger share : exact) {
      BigInteger floor = share.subtract(share.mod(orders)).divide(orders);
      shares.add(floor.longValueExact());
      remainders.add(share.mod(orders));
      left -= floor.longValueExact();
    }
    List<Long> more = Apportion.byLargestRemainder(left, remainders);
    for (int i = 0; i < shares.size(); i++) {
      shares.set(i, shares.get(i) + more.get(i));
    }
    return List.copyOf(shares);
  }

  private static BigInteger factorial(int n) {
    BigInteger product = BigInteger.ONE;
    for (int i = 2; i <= n; i++) {
      product = product.multiply(BigInteger.valueOf(i));
    }
    return product;
  }
}
