package dev.comptroller.protocol.routing;

import java.util.List;

/// Everything the gateway needs to serve without the operator or the API server.
///
/// Rendered by the operator as JSON under [dev.comptroller.protocol.Names#ROUTING_KEY]; equal
/// fleets render equal bytes, so an unchanged fleet causes no write.
///
/// @param schema version of this format; a gateway refuses a schema it does not know
/// @param routes one per ModelDeployment, ordered by namespace and name
/// @param accounts one per namespace that has a budget in force, ordered by namespace
public record RoutingTable(int schema, List<Route> routes, List<Account> accounts) {
  /// The format this code reads and writes.
  public static final int SCHEMA = 2;

  public RoutingTable {
    routes = List.copyOf(routes);
    accounts = List.copyOf(accounts);
  }
}
