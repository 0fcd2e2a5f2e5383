package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Route.Replica;

/// A replica as the picker sees it.
///
/// @param inFlight requests that this gateway has running on it
/// @param suspect whether a connection to it failed a moment ago
public record ReplicaView(Replica replica, int inFlight, boolean suspect) {}
