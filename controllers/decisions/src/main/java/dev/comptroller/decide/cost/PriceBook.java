package dev.comptroller.decide.cost;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

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
    return holding(instant)
        .filter(price -> price.type() == type)
        .max(PRECEDENCE)
        .map(Price::perNodeHour);
  }

  /// What a node of `type` is charged at `instant`.
  public Quote quote(CapacityType type, Instant instant) {
    return inForce(type, instant)
        .map(price -> new Quote(price, gpusPerNode, false))
        .orElseGet(() -> new Quote(highest(instant), gpusPerNode, true));
  }

  /// The highest price in force at `instant`, or of the whole book if none is.
  public HourlyRate highest(Instant instant) {
    return Stream.of(CapacityType.values())
        .flatMap(type -> inForce(type, instant).stream())
        .max(Comparator.naturalOrder())
        .orElseGet(() -> prices.stream().max(HEIGHT).orElseThrow().perNodeHour());
  }

  /// The dearest node at `instant`, whatever its capacity type: what a replica not yet placed may
  /// cost.
  public Quote dearest(Instant instant) {
    return new Quote(highest(instant), gpusPerNode, false);
  }

  /// Instants strictly between `start` and `end` at which a price may change, in order.
  public List<Instant> changes(Instant start, Instant end) {
    TreeSet<Instant> changes = new TreeSet<>();
    for (Price price : prices) {
      Stream.of(Optional.ofNullable(price.from()), Optional.ofNullable(price.until()))
          .flatMap(Optional::stream)
          .filter(at -> at.isAfter(start) && at.isBefore(end))
          .forEach(changes::add);
    }
    return List.copyOf(changes);
  }

  private Stream<Price> holding(Instant instant) {
    return prices.stream().filter(price -> price.holdsAt(instant));
  }
}
