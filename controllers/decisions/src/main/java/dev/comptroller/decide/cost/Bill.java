package dev.comptroller.decide.cost;

import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Adds GPU-seconds up and turns them into dollars, exactly, rounding once.
///
/// Dollars are the sum over keys of `GPU-seconds * price / (GPUs per node * 3600)`; keys are summed
/// by their GPUs per node over a common denominator, so nothing is lost before the last division.
final class Bill {
  private static final BigInteger SECONDS = BigInteger.valueOf(3600);

  private final Map<Integer, BigInteger> numerators = new TreeMap<>();
  private boolean assumed;

  void add(SpendKey key, long gpuSeconds) {
    if (gpuSeconds == 0) {
      return;
    }
    BigInteger product =
        BigInteger.valueOf(gpuSeconds)
            .multiply(BigInteger.valueOf(key.pricePerNodeHour().microsPerHour()));
    numerators.merge(key.gpusPerNode(), product, BigInteger::add);
    assumed |= key.assumed();
  }

  Spend total() {
    BigInteger denominator = denominator(List.of(this));
    return new Spend(rounded(over(denominator), denominator), assumed);
  }

  boolean isAssumed() {
    return assumed;
  }

  /// The least number that the GPUs per node of all `bills` divide.
  static BigInteger denominator(Collection<Bill> bills) {
    BigInteger denominator = BigInteger.ONE;
    for (Bill bill : bills) {
      for (int gpus : bill.numerators.keySet()) {
        BigInteger next = BigInteger.valueOf(gpus);
        denominator = denominator.divide(denominator.gcd(next)).multiply(next);
      }
    }
    return denominator;
  }

  /// The exact total in micro-dollars times 3600 `denominator`, a multiple of all GPUs per node.
  BigInteger over(BigInteger denominator) {
    BigInteger sum = BigInteger.ZERO;
    for (Map.Entry<Integer, BigInteger> part : numerators.entrySet()) {
      BigInteger weight = denominator.divide(BigInteger.valueOf(part.getKey()));
      sum = sum.add(part.getValue().multiply(weight));
    }
    return sum;
  }

  /// What [#over] tells as money.
  static Money rounded(BigInteger exact, BigInteger denominator) {
    return Money.ofMicros(exact, denominator.multiply(SECONDS));
  }
}
