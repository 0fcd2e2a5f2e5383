package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Route.Leg;
import java.util.List;
import java.util.Optional;

/// Shares new requests out over the legs of a route by weight. Pure.
///
/// Turn `n` falls on the point `n * (golden ratio - 1)`, modulo one, of the weights laid end to
/// end. Such points spread so evenly that after any number of turns each leg has its share but for
/// a few requests, whatever the weights are and however they change; equal turns give equal picks.
public final class Legs {
  /// The fractional part of the golden ratio, in units of 2^-64.
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Legs() {}

  /// Legs that take new requests: some weight, and a replica that is ready.
  public static List<Leg> open(List<Leg> legs) {
    return legs.stream().filter(leg -> leg.weight() > 0 && !leg.replicas().isEmpty()).toList();
  }

  /// Legs that get new requests as soon as a replica of theirs is ready.
  public static List<Leg> weighted(List<Leg> legs) {
    return legs.stream().filter(leg -> leg.weight() > 0).toList();
  }

  /// The leg that a turn falls on; empty if no leg is open.
  public static Optional<Leg> pick(List<Leg> legs, long turn) {
    List<Leg> open = open(legs);
    long total = open.stream().mapToLong(Leg::weight).sum();
    long point = Math.unsignedMultiplyHigh(turn * GOLDEN, total);
    for (Leg leg : open) {
      point -= leg.weight();
      if (point < 0) {
        return Optional.of(leg);
      }
    }
    return Optional.empty();
  }
}
