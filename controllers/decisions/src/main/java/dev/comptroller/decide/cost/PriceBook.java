package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The prices of a pool's nodes, by capacity type and date.
///
/// Of several prices that hold at one instant the one with the latest `from` is in force; among
/// equals, the highest. A type without a price in force is charged at the highest price in force of
/// the pool, or, if none is, at the highest price of the book: an upper bound, marked as assumed.
///
/// @param gpusPerNode GPUs that share a node's price, 1 or more
/// @param prices at least one
public record PriceBook(int gpusPerNode, List<Price> prices) {
  private static final Comparator<Price> PRECEDENCE =
      Comparator.comparing(Price::start).thenComparing(Price::perNodeHour);
  private static final List<CapacityType> TYPES = List.of(CapacityType.values());
  private static final Comparator<Price> HEIGHT = Comparator.comparing(Price::perNodeHour);

  public PriceBook {
    if (gpusPerNode < 1) {
      throw new IllegalArgumentException("gpu.perNode is %d, not 1 or more".formatted(gpusPerNode));
    }
    if (prices.isEmpty()) {
      throw new IllegalArgumentException("capacity is empty: give at least one type with a price");
    }
    List<Price> sorted = new ArrayList<>(prices);
    sorted.sort(Comparator.comparing(Price::type).thenComparing(PRECEDENCE));
    prices = List.copyOf(sorted);
  }

  /// The price of `type` in force at `instant`; absent if the book has none.
  public Optional<HourlyRate> inForce(CapacityType type, Instant instant) {
    return Optional.ofNullable(holding(type, instant)).map(Price::perNodeHour);
  }

  /// Prices are sorted by precedence, so the last one that holds is in force; of the many that may
  /// be declared ahead none is looked at.
  private @Nullable Price holding(CapacityType type, Instant instant) {
    for (int i = begun(type, instant) - 1; i >= 0 && prices.get(i).type() == type; i--) {
      if (prices.get(i).holdsAt(instant)) {
        return prices.get(i);
      }
    }
    return null;
  }

  /// The index after the last price of `type` that has begun at `instant`.
  private int begun(CapacityType type, Instant instant) {
    int low = 0;
    int high = prices.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      Price price = prices.get(middle);
      int order = price.type().compareTo(type);
      if (order < 0 || (order == 0 && !price.start().isAfter(instant))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// What a node of `type` is charged at `instant`.
  public Quote quote(CapacityType type, Instant instant) {
    return inForce(type, instant)
        .map(price -> new Quote(price, gpusPerNode, false))
        .orElseGet(() -> new Quote(highest(instant), gpusPerNode, true));
  }

  /// The highest price in force at `instant`, or of the whole book if none is.
  public HourlyRate highest(Instant instant) {
    @Nullable HourlyRate highest = null;
    for (CapacityType type : TYPES) {
      @Nullable Price price = holding(type, instant);
      if (price != null && (highest == null || price.perNodeHour().compareTo(highest) > 0)) {
        highest = price.perNodeHour();
      }
    }
    return highest != null ? highest : prices.stream().max(HEIGHT).orElseThrow().perNodeHour();
  }

  /// The dearest node at `instant`, whatever its capacity type: what a replica not yet placed may
  /// cost.
  public Quote dearest(Instant instant) {
    return new Quote(highest(instant), gpusPerNode, false);
  }

  /// Instants strictly between `start` and `end` at which a price may change, in order.
  public List<Instant> changes(Instant start, Instant end) {
    SortedSet<Instant> changes = new TreeSet<>();
    for (Price price : prices) {
      add(price.from(), start, end, changes);
      add(price.until(), start, end, changes);
    }
    return List.copyOf(changes);
  }

  private static void add(
      @Nullable Instant at, Instant start, Instant end, SortedSet<Instant> changes) {
    if (at != null && at.isAfter(start) && at.isBefore(end)) {
      changes.add(at);
    }
  }
}
