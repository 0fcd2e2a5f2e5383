package dev.comptroller.e2e.simulator.world;

import java.math.BigInteger;
import java.util.Map;
import java.util.TreeMap;

/// An independent bill: what pods cost, added up as time passes.
///
/// It knows nothing of intervals, keys or quarter hours: between two moments at which nothing
/// changes it adds price * GPUs * seconds, in whole numbers, by the GPUs that share a node's price.
/// Rounded half up once, when it is read.
public final class Purse {
  private final Map<Integer, BigInteger> sums = new TreeMap<>();

  /// Adds pods that cost this for `seconds`.
  ///
  /// @param nodeMicros micro-dollars of a node for an hour
  /// @param gpus GPUs that are held
  /// @param gpusPerNode GPUs that share the node's price
  public void add(long nodeMicros, long gpus, int gpusPerNode, long seconds) {
    long product = Math.multiplyExact(Math.multiplyExact(nodeMicros, gpus), seconds);
    sums.merge(gpusPerNode, BigInteger.valueOf(product), BigInteger::add);
  }

  /// Micro-dollars, rounded half up.
  public long micros() {
    BigInteger[] sum = {BigInteger.ZERO, BigInteger.ONE};
    sums.forEach(
        (gpus, part) -> {
          BigInteger shared = BigInteger.valueOf(gpus);
          sum[0] = sum[0].multiply(shared).add(part.multiply(sum[1]));
          sum[1] = sum[1].multiply(shared);
        });
    BigInteger whole = sum[1].multiply(BigInteger.valueOf(3600));
    return sum[0].shiftLeft(1).add(whole).divide(whole.shiftLeft(1)).longValueExact();
  }

  /// Empties it.
  public void empty() {
    sums.clear();
  }
}
