package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.util.Comparator;

/// What GPU-seconds are kept apart by, so that their dollars can be computed exactly later.
///
/// @param pool pool of the nodes
/// @param type capacity type of the nodes
/// @param pricePerNodeHour price that was in force
/// @param gpusPerNode GPUs that shared it
/// @param assumed true if the price is an upper bound and not from the price book
public record SpendKey(
    String pool, CapacityType type, HourlyRate pricePerNodeHour, int gpusPerNode, boolean assumed)
    implements Comparable<SpendKey> {
  private static final Comparator<SpendKey> ORDER =
      Comparator.comparing(SpendKey::pool)
          .thenComparing(SpendKey::type)
          .thenComparing(SpendKey::pricePerNodeHour)
          .thenComparingInt(SpendKey::gpusPerNode)
          .thenComparing(SpendKey::assumed);

  public SpendKey {
    if (gpusPerNode < 1) {
      throw new IllegalArgumentException("gpusPerNode is %d, not 1 or more".formatted(gpusPerNode));
    }
  }

  static SpendKey of(String pool, CapacityType type, Quote quote) {
    return new SpendKey(pool, type, quote.perNodeHour(), quote.gpusPerNode(), quote.assumed());
  }

  @Override
  public int compareTo(SpendKey other) {
    return ORDER.compare(this, other);
  }
}
