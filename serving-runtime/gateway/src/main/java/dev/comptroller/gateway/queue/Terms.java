package dev.comptroller.gateway.queue;

import dev.comptroller.gateway.route.Admission;
import dev.comptroller.gateway.route.Resolution;
import dev.comptroller.gateway.route.Router;
import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Route;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What a routing table says about queued work: who may queue what, and who has to wait.
final class Terms {
  private Terms() {}

  /// What a model name means for an owner.
  sealed interface Meaning {
    /// A deployment that the owner may send queued work to.
    record Allowed(Route route) implements Meaning {}

    /// None.
    record Denied(String code, String message) implements Meaning {}
  }

  /// What a model name means for an owner.
  static Meaning of(Router router, Owner owner, String model) {
    return switch (router.resolve(model)) {
      case Resolution.Found(Route route) -> of(router, route, owner, model);
      case Resolution.Unknown(_) ->
          new Meaning.Denied(
              "model_not_found",
              "model %s does not exist: GET /v1/models lists those that do"
                  .formatted(InputLine.Reader.cut(model)));
      case Resolution.Ambiguous(_, List<String> candidates) ->
          new Meaning.Denied(
              "model_ambiguous",
              "model %s is in more than one namespace: use one of %s"
                  .formatted(InputLine.Reader.cut(model), String.join(", ", candidates)));
    };
  }

  /// Why the budget of `namespace` lets an owner queue nothing; empty if it lets it.
  static Optional<String> notEligible(Router router, String namespace, Owner owner) {
    return router
        .account(namespace)
        .filter(account -> !account.observe())
        .flatMap(account -> Admission.notBatchEligible(account, owner.feature()));
  }

  private static Meaning of(Router router, Route route, Owner owner, String model) {
    boolean anybody = owner.namespace().isEmpty();
    boolean own = anybody || owner.namespace().equals(route.namespace());
    if (!own && !granted(route, owner)) {
      return new Meaning.Denied(
          "model_not_found",
          "model %s does not exist: GET /v1/models lists those that do"
              .formatted(InputLine.Reader.cut(model)));
    }
    Optional<String> barred = notEligible(router, payer(owner, route), owner);
    if (barred.isPresent()) {
      return new Meaning.Denied("batch_not_allowed", barred.get());
    }
    List<String> features = route.batch().features();
    return anybody || !own || features.isEmpty() || features.contains(owner.feature())
        ? new Meaning.Allowed(route)
        : new Meaning.Denied(
            "batch_not_allowed",
            "feature %s may not queue work for %s: its batch.features are %s"
                .formatted(owner.feature(), Router.fullName(route), String.join(", ", features)));
  }

  private static boolean granted(Route route, Owner owner) {
    return route.grants().stream()
        .filter(grant -> grant.namespace().equals(owner.namespace()))
        .anyMatch(
            grant -> grant.features().isEmpty() || grant.features().contains(owner.feature()));
  }

  /// The namespace that pays for an owner's work on a deployment.
  static String payer(Owner owner, Route route) {
    return owner.namespace().isEmpty() ? route.namespace() : owner.namespace();
  }

  /// Namespaces whose queued work waits: suspended by heat, or out of money.
  static Set<String> barred(Router router, Instant now) {
    Set<String> barred = new TreeSet<>();
    for (Account account : router.accounts()) {
      Instant fundedUntil = account.fundedUntil();
      boolean unfunded = fundedUntil != null && !now.isBefore(fundedUntil);
      if (!account.observe() && (account.traffic().suspended() || unfunded)) {
        barred.add(account.namespace());
      }
    }
    return barred;
  }
}
