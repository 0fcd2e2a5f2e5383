package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// The price books of all pools.
///
/// A replica of a pool that is not known (any more) is charged at the dearest GPU of all pools, an
/// upper bound marked as assumed; free, and marked as assumed, only where no pool has a price.
///
/// @param byPool price book by pool name
public record PriceBooks(SortedMap<String, PriceBook> byPool) {
  public PriceBooks {
    byPool = Collections.unmodifiableSortedMap(new TreeMap<>(byPool));
  }

  /// These books.
  public static PriceBooks of(Map<String, PriceBook> byPool) {
    return new PriceBooks(new TreeMap<>(byPool));
  }

  /// What a node of `type` in `pool` is charged at `instant`.
  public Quote quote(String pool, CapacityType type, Instant instant) {
    PriceBook book = byPool.get(pool);
    if (book != null) {
      return book.quote(type, instant);
    }
    Optional<Quote> dearest =
        byPool.values().stream()
            .map(known -> new Quote(known.highest(instant), known.gpusPerNode(), true))
            .max(PriceBooks::compareByGpu);
    return dearest.orElseGet(() -> new Quote(HourlyRate.ZERO, 1, true));
  }

  /// Instants strictly between `start` and `end` at which the price of `pool` may change.
  List<Instant> changes(String pool, Instant start, Instant end) {
    PriceBook book = byPool.get(pool);
    if (book != null) {
      return book.changes(start, end);
    }
    TreeSet<Instant> changes = new TreeSet<>(Comparator.naturalOrder());
    byPool.values().forEach(known -> changes.addAll(known.changes(start, end)));
    return List.copyOf(changes);
  }

  private static int compareByGpu(Quote left, Quote right) {
    long high =
        Math.multiplyHigh(left.perNodeHour().microsPerHour(), right.gpusPerNode())
            - Math.multiplyHigh(right.perNodeHour().microsPerHour(), left.gpusPerNode());
    if (high != 0) {
      return Long.signum(high);
    }
    return Long.compareUnsigned(
        left.perNodeHour().microsPerHour() * right.gpusPerNode(),
        right.perNodeHour().microsPerHour() * left.gpusPerNode());
  }
}
