package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Route;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Counts the requests of each deployment, so that [Legs] can share them out.
public final class Turns {
  private final Map<String, AtomicLong> next = new ConcurrentHashMap<>();

  /// The turn of one more request.
  public long next(Route route) {
    return next.computeIfAbsent(Router.fullName(route), _ -> new AtomicLong()).getAndIncrement();
  }
}
