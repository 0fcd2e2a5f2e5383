package dev.comptroller.gateway.route;

import dev.comptroller.protocol.routing.Account;
import dev.comptroller.protocol.routing.Account.Feature;
import dev.comptroller.protocol.routing.Account.Traffic;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.protocol.routing.Route.Leg;
import dev.comptroller.protocol.routing.Route.Wake;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whether a resolved route may take a request of a feature now, and on what terms.
public sealed interface Admission {
  /// What a budget's heat asks of traffic; the words of metrics.
  enum Action {
    /// Nothing is admitted.
    SUSPEND,
    /// The money that nobody can take back ends here.
    FUND,
    /// Answers are shorter.
    CAP,
    /// Tokens are short.
    THROTTLE,
    /// It waits in the queue.
    QUEUE,
    /// The feature's amount is used up.
    AMOUNT,
    /// The feature may not send batch requests.
    BATCH
  }

  /// The request may run.
  ///
  /// @param legs that may serve it
  /// @param maxOutputTokens the deployment's own limit on its output; absent if there is none
  /// @param heat what heat asks of its namespace's traffic
  /// @param waits whether heat asks it to wait in the queue
  /// @param observe whether what heat asks is only counted
  /// @param would what else would have been done were it not only counted
  record Admitted(
      List<Leg> legs,
      @Nullable Long maxOutputTokens,
      Traffic heat,
      boolean waits,
      boolean observe,
      List<Action> would)
      implements Admission {
    public Admitted {
      legs = List.copyOf(legs);
      would = List.copyOf(would);
    }

    /// The same with other legs.
    public Admitted with(List<Leg> others) {
      return new Admitted(others, maxOutputTokens, heat, waits, observe, would);
    }
  }

  /// Nothing is ready to serve it yet; a replica comes because it waits.
  ///
  /// @param wake how it may wait
  /// @param condition type of the condition that explains it
  /// @param message names the deployment, the condition and what it says
  /// @param heat what heat asks of its namespace's traffic
  /// @param observe whether what heat asks is only counted
  /// @param would what else would have been done were it not only counted
  record Awaited(
      Wake wake,
      String condition,
      String message,
      Traffic heat,
      boolean observe,
      List<Action> would)
      implements Admission {
    public Awaited {
      would = List.copyOf(would);
    }
  }

  /// Nothing is ready to serve it.
  ///
  /// @param condition type of the condition that explains it
  /// @param message names the deployment, the condition and what it says
  record NotReady(String condition, String message) implements Admission {}

  /// The namespace's money has run out.
  ///
  /// @param until when it is expected to end; absent if nobody knows
  record NotFunded(String message, @Nullable Instant until) implements Admission {}

  /// Only lower rungs serve, and the feature must not be downgraded.
  record VariantUnavailable(String message) implements Admission {}

  /// Judges a route at an instant: money first, because waiting does not help there.
  ///
  /// @param payer the account of the namespace that pays; empty if it has no budget
  /// @param feature that the request is booked on
  static Admission of(Route route, Optional<Account> payer, String feature, Instant now) {
    List<Action> would = new ArrayList<>();
    if (payer.isPresent()) {
      Optional<NotFunded> end = unfunded(payer.get(), now, would);
      if (end.isPresent()) {
        return end.get();
      }
    }
    Optional<Feature> terms = payer.flatMap(account -> find(account, feature));
    List<Leg> open = Legs.open(route.legs());
    if (open.isEmpty() && route.wake() == null) {
      return notReady(route);
    }
    if (!terms.map(Feature::downgradeAllowed).orElse(true)) {
      List<Leg> serving = open.isEmpty() ? Legs.weighted(route.legs()) : open;
      List<Leg> best = notDowngraded(route, serving);
      if (best.isEmpty() && !serving.isEmpty()) {
        return new VariantUnavailable(
            "feature %s must not be downgraded and deployment %s serves %s: %s"
                .formatted(feature, Router.fullName(route), route.activeVariant(), route.why()));
      }
      open = open.isEmpty() ? open : best;
    }
    Traffic traffic = payer.map(Account::traffic).orElse(Traffic.FREE);
    boolean observe = payer.map(Account::observe).orElse(false);
    Wake wake = route.wake();
    if (open.isEmpty() && wake != null) {
      NotReady why = notReady(route);
      return new Awaited(wake, why.condition(), why.message(), traffic, observe, would);
    }
    boolean queued = traffic.queueBatch() && mayWait(route, terms);
    if (observe && queued) {
      would.add(Action.QUEUE);
    }
    return new Admitted(
        open, route.limits().maxOutputTokens(), traffic, queued && !observe, observe, would);
  }

  /// What an account says of a feature; empty if it says nothing.
  static Optional<Feature> find(Account account, String feature) {
    return account.features().stream().filter(one -> one.name().equals(feature)).findFirst();
  }

  /// Why an account lets a feature send no batch requests; empty if it lets it. A feature that it
  /// does not name may.
  static Optional<String> notBatchEligible(Account account, String feature) {
    return find(account, feature).filter(one -> !one.batchEligible()).isEmpty()
        ? Optional.empty()
        : Optional.of(
            "feature %s of namespace %s may not send batch requests: set batchEligible of it in spec.features of the InferenceBudget %s"
                .formatted(feature, account.namespace(), account.budget()));
  }

  /// Whether the namespace of an account pays for capacity at an instant.
  static boolean funded(Account account, Instant now) {
    return unfunded(account, now, new ArrayList<>()).isEmpty();
  }

  private static Optional<NotFunded> unfunded(Account account, Instant now, List<Action> would) {
    Traffic traffic = account.traffic();
    Instant fundedUntil = account.fundedUntil();
    Action action;
    String message;
    if (traffic.suspended()) {
      action = Action.SUSPEND;
      message =
          "namespace %s is suspended%s: %s"
              .formatted(
                  account.namespace(),
                  traffic.until() == null ? "" : " until " + traffic.until(),
                  traffic.why().isEmpty() ? "its budget has run out" : traffic.why());
    } else if (fundedUntil != null && !now.isBefore(fundedUntil)) {
      action = Action.FUND;
      message =
          "namespace %s was funded until %s by budget %s, whose period ends at %s"
              .formatted(account.namespace(), fundedUntil, account.budget(), account.periodEnd());
    } else {
      return Optional.empty();
    }
    if (account.observe()) {
      would.add(action);
      return Optional.empty();
    }
    String help =
        "; until then GET /v1/models and work that was queued before still answer, or raise the"
            + " InferenceBudget ";
    return Optional.of(
        new NotFunded(
            message + help + account.budget(),
            traffic.until() == null ? account.periodEnd() : traffic.until()));
  }

  /// The legs that are no downgrade. `why` says whether the active variant is one: if it is, only
  /// what is better than it will do.
  private static List<Leg> notDowngraded(Route route, List<Leg> open) {
    Optional<BigDecimal> active =
        route.legs().stream()
            .filter(leg -> leg.variant().equals(route.activeVariant()))
            .map(Leg::quality)
            .findFirst();
    if (active.isEmpty()) {
      return route.why().isEmpty() ? open : List.of();
    }
    int least = route.why().isEmpty() ? 0 : 1;
    return open.stream().filter(leg -> leg.quality().compareTo(active.get()) >= least).toList();
  }

  private static boolean mayWait(Route route, Optional<Feature> feature) {
    List<String> only = route.batch().features();
    return feature
        .filter(Feature::batchEligible)
        .filter(eligible -> only.isEmpty() || only.contains(eligible.name()))
        .isPresent();
  }

  /// Why nothing is ready.
  static NotReady notReady(Route route) {
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
