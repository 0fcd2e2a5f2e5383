package dev.comptroller.metering;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Divides a whole number into parts that sum to it exactly.
public final class Apportion {
  private Apportion() {}

  /// `whole` divided in proportion to `weights` by largest remainder.
  ///
  /// Every part is its exact share, rounded down or up; of equal remainders the earlier one is
  /// rounded up. Where all weights are zero all count the same. An empty list has no parts, and can
  /// only divide zero.
  ///
  /// @param whole zero or more
  /// @param weights zero or more each
  public static List<Long> byLargestRemainder(long whole, List<BigInteger> weights) {
    if (whole < 0 || weights.stream().anyMatch(weight -> weight.signum() < 0)) {
      throw new IllegalArgumentException(
          "cannot divide %d by weights %s: need zero or more".formatted(whole, weights));
    }
    if (weights.isEmpty()) {
      if (whole != 0) {
        throw new IllegalArgumentException("nobody to divide %d over".formatted(whole));
      }
      return List.of();
    }
    BigInteger sum = weights.stream().reduce(BigInteger.ZERO, BigInteger::add);
    if (sum.signum() == 0) {
      List<BigInteger> same = weights.stream().map(_ -> BigInteger.ONE).toList();
      return byLargestRemainder(whole, same);
    }
    List<Long> parts = new ArrayList<>();
    List<Remainder> remainders = new ArrayList<>();
    long left = whole;
    for (int i = 0; i < weights.size(); i++) {
      BigInteger[] share =
          BigInteger.valueOf(whole).multiply(weights.get(i)).divideAndRemainder(sum);
      parts.add(share[0].longValueExact());
      remainders.add(new Remainder(i, share[1]));
      left -= share[0].longValueExact();
    }
    remainders.sort(Comparator.comparing(Remainder::size).reversed());
    for (Remainder remainder : remainders.subList(0, Math.toIntExact(left))) {
      parts.set(remainder.index(), parts.get(remainder.index()) + 1);
    }
    return List.copyOf(parts);
  }

  /// As above, for steps of an engine: without big numbers where everything fits a `long`.
  public static long[] byLargestRemainder(long whole, long[] weights) {
    long sum = 0;
    long largest = 0;
    boolean fits = weights.length > 0 && whole >= 0;
    for (long weight : weights) {
      largest = Math.max(largest, weight);
      sum += weight;
      fits &= weight >= 0 && sum >= 0;
    }
    if (!fits || sum == 0 || Math.multiplyHigh(whole, largest) != 0 || whole * largest < 0) {
      List<BigInteger> big = Arrays.stream(weights).mapToObj(BigInteger::valueOf).toList();
      return byLargestRemainder(whole, big).stream().mapToLong(Long::longValue).toArray();
    }
    long[] parts = new long[weights.length];
    long[] remainders = new long[weights.length];
    long left = whole;
    for (int i = 0; i < weights.length; i++) {
      parts[i] = whole * weights[i] / sum;
      remainders[i] = whole * weights[i] % sum;
      left -= parts[i];
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingLong((Integer i) -> remainders[i]).reversed());
    for (int i : order.subList(0, Math.toIntExact(left))) {
      parts[i]++;
    }
    return parts;
  }

  private record Remainder(int index, BigInteger size) {}
}
