package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Route;
import java.time.Instant;

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
  static Admission of(Route route, Instant now) {
    Instant fundedUntil = route.fundedUntil();
    if (fundedUntil != null && !now.isBefore(fundedUntil)) {
      return new NotFunded(
          "namespace %s was funded until %s: raise its InferenceBudget or wait for the next period"
              .formatted(route.namespace(), fundedUntil));
    }
    if (!route.replicas().isEmpty()) {
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
