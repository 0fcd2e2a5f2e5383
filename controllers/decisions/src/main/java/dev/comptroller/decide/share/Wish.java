package dev.comptroller.decide.share;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a deployment would run if all pools were its own.
///
/// @param namespace its namespace
/// @param name its name
/// @param priority higher is served first
/// @param weight its share among equals, 1 or more
/// @param fewest replicas that it runs at least
/// @param firm replicas of the first way that nobody takes from it: those of which nobody knows
///   whether they are needed, and those that somebody set by hand
/// @param breaks whether its old replicas may leave before new ones of another rung serve
/// @param bound the one rung that may serve it now, because it dwells; absent if any of `ways` may
/// @param start how long a new replica takes until it serves
/// @param dwell how long a choice holds
/// @param ways how it could be served: the one that it chose first, none if it wants nothing
public record Wish(
    String namespace,
    String name,
    int priority,
    int weight,
    int fewest,
    int firm,
    boolean breaks,
    @Nullable String bound,
    Duration start,
    Duration dwell,
    List<Way> ways) {
  public Wish {
    ways = List.copyOf(ways);
    if (fewest < 0 || firm < 0) {
      throw new IllegalArgumentException(
          "%d replicas at least, %d firm of %s: need 0 or more".formatted(fewest, firm, name));
    }
  }

  /// Namespace and name: `shop/chat`.
  public String key() {
    return namespace + "/" + name;
  }

  /// Whether it wants any replica. What one that wants none still holds is nobody else's.
  public boolean wantsAny() {
    return !ways.isEmpty() && ways.getFirst().replicas() > 0;
  }

  /// The way that it chose.
  Way first() {
    return ways.getFirst();
  }

  /// What it counts for: the way that it chose, and the one that it may not leave yet; of two in
  /// one pool the larger.
  List<Way> claims() {
    Way chosen = first();
    Way stays = way(bound).orElse(chosen);
    if (stays.variant().pool().equals(chosen.variant().pool())) {
      return List.of(stays.gpus() > chosen.gpus() ? stays : chosen);
    }
    return List.of(chosen, stays);
  }

  /// What it counts for in a pool; empty if it has nothing to do with it.
  Optional<Way> claim(String pool) {
    return claims().stream().filter(way -> way.variant().pool().equals(pool)).findFirst();
  }

  /// The way by a variant.
  Optional<Way> way(@Nullable String variant) {
    return ways.stream().filter(way -> way.variant().name().equals(variant)).findFirst();
  }

  /// The way that most of its replicas are of; empty if none runs.
  Optional<Way> serving() {
    return ways.stream()
        .filter(way -> way.running() > 0)
        .reduce((one, other) -> other.running() > one.running() ? other : one);
  }

  /// The ways that may be taken now.
  List<Way> open() {
    return way(bound).map(List::of).orElse(ways);
  }
}
