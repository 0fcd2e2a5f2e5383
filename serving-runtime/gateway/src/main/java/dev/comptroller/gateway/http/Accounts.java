package dev.comptroller.gateway.http;

import dev.comptroller.gateway.identity.Caller;
import dev.comptroller.gateway.ledger.Account;
import dev.comptroller.gateway.ledger.Bound;
import dev.comptroller.gateway.queue.Owner;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.gateway.table.LiveTable;
import dev.comptroller.protocol.routing.Account.Feature;
import dev.comptroller.protocol.routing.Route;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Which accounts of the ledger a request counts on, and with what limits.
///
/// Abroad: what a namespace is charged by others in the budget's period, up to what the operator
/// allotted of its money. Grant: what it is charged under one grant, by the hour, up to the grant's
/// `maxHourlySpend`. Feature: what a feature that has an amount is charged in the budget's period,
/// up to that amount. A soft budget and one in observe mode count without a limit.
public record Accounts(LiveTable table, Clock clock) {
  /// The accounts of an owner's queued work on a model, with the limits now in force.
  public List<Bound> of(Owner owner, String model) {
    return table
        .current()
        .flatMap(
            now ->
                now.router().resolve(model) instanceof Resolution.Found(Route route)
                    ? Optional.of(bounds(now.router(), owner.caller(route), route))
                    : Optional.empty())
        .orElseGet(List::of);
  }

  /// The accounts of a caller's requests to a route; each asking takes the limits now in force.
  Supplier<List<Bound>> of(Caller caller, Route route) {
    return () ->
        table.current().map(now -> bounds(now.router(), caller, route)).orElseGet(List::of);
  }

  /// The feature's own account, if it has an amount.
  Optional<Account.Feature> feature(Router router, Caller caller) {
    return router
        .account(caller.namespace())
        .flatMap(
            account ->
                terms(account, caller.feature())
                    .filter(feature -> feature.amountMicros() != null)
                    .map(
                        _ ->
                            new Account.Feature(
                                caller.namespace(), caller.feature(), account.periodStart())));
  }

  /// What an account says of a feature; empty if it says nothing.
  static Optional<Feature> terms(dev.comptroller.protocol.routing.Account account, String feature) {
    return account.features().stream().filter(one -> one.name().equals(feature)).findFirst();
  }

  private List<Bound> bounds(Router router, Caller caller, Route route) {
    List<Bound> bounds = new ArrayList<>();
    Optional<dev.comptroller.protocol.routing.Account> payer = router.account(caller.namespace());
    if (!caller.namespace().equals(route.namespace())) {
      payer.ifPresent(
          account ->
              bounds.add(
                  new Bound(
                      new Account.Abroad(caller.namespace(), account.periodStart()),
                      refuses(account) ? account.abroadMicros() : null)));
      Instant hour = clock.instant().truncatedTo(ChronoUnit.HOURS);
      Long most = mostHourly(caller, route);
      if (most != null) {
        bounds.add(
            new Bound(new Account.Grant(caller.namespace(), Router.fullName(route), hour), most));
      }
    }
    feature(router, caller)
        .ifPresent(
            own ->
                bounds.add(
                    new Bound(
                        own, payer.map(account -> limit(account, caller.feature())).orElse(null))));
    return bounds;
  }

  private static @Nullable Long mostHourly(Caller caller, Route route) {
    return route.grants().stream()
        .filter(grant -> grant.namespace().equals(caller.namespace()))
        .filter(grant -> grant.features().isEmpty() || grant.features().contains(caller.feature()))
        .findFirst()
        .map(Route.Grant::maxHourlyMicros)
        .orElse(null);
  }

  /// Whether limits refuse.
  private static boolean refuses(dev.comptroller.protocol.routing.Account account) {
    return account.hard() && !account.observe();
  }

  private static @Nullable Long limit(
      dev.comptroller.protocol.routing.Account account, String feature) {
    return refuses(account)
        ? terms(account, feature).map(Feature::amountMicros).orElse(null)
        : null;
  }
}
