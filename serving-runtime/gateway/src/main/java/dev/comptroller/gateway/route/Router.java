package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.RoutingTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Resolves model names under one routing table.
///
/// A name is `namespace/deployment`, or `deployment` where exactly one namespace has it. Names are
/// compared exactly: case counts and nothing is trimmed. Immutable; a new table makes a new router.
public final class Router {
  private final Map<String, Route> byFullName;
  private final Map<String, List<Route>> byDeployment;
  private final Map<String, Account> accounts;

  /// Indexes a table.
  public Router(RoutingTable table) {
    Map<String, Route> full = new TreeMap<>();
    Map<String, List<Route>> bare = new TreeMap<>();
    for (Route route : table.routes()) {
      full.put(fullName(route), route);
      bare.computeIfAbsent(route.deployment(), _ -> new ArrayList<>()).add(route);
    }
    Map<String, Account> money = new TreeMap<>();
    table.accounts().forEach(account -> money.put(account.namespace(), account));
    byFullName = Collections.unmodifiableMap(full);
    byDeployment = Collections.unmodifiableMap(bare);
    accounts = Collections.unmodifiableMap(money);
  }

  /// The name that is unambiguous under every table: `namespace/deployment`.
  public static String fullName(Route route) {
    return route.namespace() + "/" + route.deployment();
  }

  /// What a model name means where every route is seen.
  public Resolution resolve(String model) {
    return resolve(model, _ -> true);
  }

  /// What a model name means to somebody who sees some routes only: for them there are no others.
  public Resolution resolve(String model, Predicate<Route> sees) {
    Route exact = byFullName.get(model);
    if (exact != null && sees.test(exact)) {
      return new Resolution.Found(exact);
    }
    List<Route> routes = byDeployment.getOrDefault(model, List.of()).stream().filter(sees).toList();
    return switch (routes.size()) {
      case 0 -> new Resolution.Unknown(model);
      case 1 -> new Resolution.Found(routes.getFirst());
      default ->
          new Resolution.Ambiguous(model, routes.stream().map(Router::fullName).sorted().toList());
    };
  }

  /// The account of a namespace; empty if it has no budget in force.
  public Optional<Account> account(String namespace) {
    return Optional.ofNullable(accounts.get(namespace));
  }

  /// Every account, ordered by namespace.
  public Collection<Account> accounts() {
    return accounts.values();
  }

  /// Every route, ordered by full name.
  public Collection<Route> routes() {
    return byFullName.values();
  }
}
