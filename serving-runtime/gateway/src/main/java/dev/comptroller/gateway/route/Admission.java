package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import java.time.Instant;
import java.util.Optional;

/// Whether a resolved route may take a request now.
public sealed interface Admission {
  /// The request may run.
  record Admitted() implements Admission {}

  /// Nothing is ready to serve it.
  ///
  /// @param condition type of the condition that explains it
  /// @param message names the deployment, the condition and what it says
  record NotReady(String condition, String message) implements Admission {}

  /// The namespace's money has run out.
  record NotFunded(String message) implements Admission {}

  /// Judges a route at an instant: money first, because waiting does not help there.
  ///
  /// @param payer the account of the namespace that pays; empty if it has no budget
  static Admission of(Route route, Optional<Account> payer, Instant now) {
    Instant fundedUntil = payer.map(Account::fundedUntil).orElse(null);
    if (fundedUntil != null && !now.isBefore(fundedUntil)) {
      return new NotFunded(
          "namespace %s was funded until %s: raise its InferenceBudget or wait for the next period"
              .formatted(payer.map(Account::namespace).orElse(""), fundedUntil));
    }
    if (!Legs.open(route.legs()).isEmpty()) {
      return new Admitted();
    }
    Route.Unavailable why = route.unavailable();
    String subject = "deployment " + Router.fullName(route) + " has no ready replica";
    return why == null
        ? new NotReady("Ready", subject + " of variant " + route.activeVariant())
        : new NotReady(
            why.condition(),
            "%s: %s is False (%s): %s"
                .formatted(subject, why.condition(), why.reason(), why.message()));
  }
}
