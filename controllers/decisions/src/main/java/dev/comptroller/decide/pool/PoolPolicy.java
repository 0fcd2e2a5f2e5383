package dev.comptroller.decide.pool;

import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the owner of a pool allows, and how fast its nodes follow.
///
/// @param pool its name
/// @param prices what its nodes cost, and how many GPUs each has
/// @param offers the capacity types that nodes can be had of
/// @param ceiling most dollars an hour of all nodes; absent if there is none
/// @param pace how fast nodes come and go
public record PoolPolicy(
    String pool,
    PriceBook prices,
    List<Offer> offers,
    @Nullable HourlyRate ceiling,
    PoolPace pace) {
  public PoolPolicy {
    offers = List.copyOf(offers);
  }

  /// Nodes of one capacity type.
  ///
  /// @param type how they are paid for
  /// @param minNodes kept even when idle
  /// @param maxNodes most of them
  public record Offer(CapacityType type, int minNodes, int maxNodes) {
    public Offer {
      if (type == CapacityType.Unknown) {
        throw new IllegalArgumentException("nodes of an unknown capacity type cannot be had");
      }
      if (minNodes < 0 || maxNodes < minNodes) {
        throw new IllegalArgumentException(
            "%s: minNodes %d and maxNodes %d are not 0 <= min <= max"
                .formatted(type.label(), minNodes, maxNodes));
      }
    }
  }

  /// The offer of `type`, if there is one.
  public Optional<Offer> offer(CapacityType type) {
    return offers.stream().filter(offer -> offer.type() == type).findFirst();
  }

  /// The offers that have a price in force at `now`: reserved first, then the cheapest.
  List<Offer> inOrder(Instant now) {
    List<Offer> order = new ArrayList<>();
    offers.stream()
        .filter(offer -> prices.inForce(offer.type(), now).isPresent())
        .forEach(order::add);
    order.sort(
        Comparator.comparing((Offer offer) -> offer.type() != CapacityType.Reserved)
            .thenComparing(offer -> prices.quote(offer.type(), now).perNodeHour())
            .thenComparing(Offer::type));
    return order;
  }
}
