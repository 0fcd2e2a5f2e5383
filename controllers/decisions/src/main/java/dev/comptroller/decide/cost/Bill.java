package dev.comptroller.decide.cost;

import dev.comptroller.decide.units.Money;
import java.math.BigInteger;
import java.util.Map;
import java.util.TreeMap;

/// Adds GPU-seconds up and turns them into dollars, exactly, rounding once.
///
/// Dollars are the sum over keys of `GPU-seconds * price / (GPUs per node * 3600)`; keys are summed
/// by their GPUs per node over a common denominator, so nothing is lost before the last division.
final class Bill {
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
    BigInteger denominator = BigInteger.ONE;
    for (int gpus : numerators.keySet()) {
      BigInteger next = BigInteger.valueOf(gpus);
      denominator = denominator.divide(denominator.gcd(next)).multiply(next);
    }
    BigInteger sum = BigInteger.ZERO;
    for (Map.Entry<Integer, BigInteger> part : numerators.entrySet()) {
      BigInteger weight = denominator.divide(BigInteger.valueOf(part.getKey()));
      sum = sum.add(part.getValue().multiply(weight));
    }
    return new Spend(Money.ofMicros(sum, denominator.multiply(BigInteger.valueOf(3600))), assumed);
  }
}
