package dev.comptroller.gateway.relay;

import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Replica;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The replicas that could not take one request. Confined to the request's thread.
public final class Tried {
  private final Set<String> refusing = new HashSet<>();
  private final Set<String> unreached = new HashSet<>();

  void refused(Replica replica) {
    refusing.add(replica.address());
  }

  void unreached(Replica replica) {
    unreached.add(replica.address());
  }

  /// Whether a replica could not take it.
  boolean has(Replica replica) {
    return refusing.contains(replica.address()) || unreached.contains(replica.address());
  }

  /// Whether some leg has a replica that was not tried.
  public boolean leaves(List<Leg> legs) {
    return legs.stream().anyMatch(leg -> leg.replicas().stream().anyMatch(one -> !has(one)));
  }

  /// How many were tried.
  int size() {
    return refusing.size() + unreached.size();
  }

  /// Lets those be tried again to which no connection came about: they have not seen it, and a new
  /// table may have a new container at the same address. Those that refused it stay out.
  public void forgetUnreached() {
    unreached.clear();
  }
}
