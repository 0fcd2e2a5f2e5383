package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.rollout.Goal;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.reconcile.deployment.Directives.Directive;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a deployment is to run: what it chose alone, within what its budget pays for. Pure.
///
/// @param decision the choice, for status and events
/// @param alone what would be chosen without a budget
/// @param directive what the budget says; absent if none speaks for it
/// @param goal where to get to; absent while nothing can be chosen
/// @param scale what the autoscaler decided
record Wanted(
    Decision decision,
    Decision alone,
    @Nullable Directive directive,
    @Nullable Goal goal,
    ScaleDecision scale) {
  private static final String BEST = "BestVariant";

  /// The choice `alone` under `directive`. A directive never makes more replicas than the owner
  /// asked for, and one that names no variant at or above the quality floor keeps only its count.
  static Wanted of(
      Policy policy, Decision alone, Optional<Directive> directive, ScaleDecision scale) {
    return switch (alone) {
      case Decision.Blocked _ -> new Wanted(alone, alone, directive.orElse(null), null, scale);
      case Decision.Serve(String variant, int replicas, Explanation explanation) -> {
        if (directive.isEmpty()) {
          yield new Wanted(alone, alone, null, new Goal(variant, replicas, Goal.ALL, BEST), scale);
        }
        Directive told = directive.get();
        boolean fits = isAdmissible(policy, told.variant());
        String serve = fits ? told.variant() : variant;
        int paid = Math.min(replicas, told.replicas());
        String message =
            fits
                ? told.message()
                : "%s; %s is no variant at or above the quality floor %s: %s serves"
                    .formatted(told.message(), told.variant(), policy.qualityFloor(), variant);
        // Where nothing is asked for, no budget has to do with it.
        Explanation why =
            replicas == 0
                ? explanation
                : new Explanation(
                    message, "the budget", verdicts(explanation, serve, told.reason()));
        yield new Wanted(
            new Decision.Serve(serve, paid, why),
            alone,
            told,
            new Goal(serve, paid, told.surge(), told.reason()),
            scale);
      }
    };
  }

  /// Why, in CamelCase.
  String reason() {
    if (directive != null) {
      return directive.reason();
    }
    return follows() ? scale.reason().name() : BEST;
  }

  /// Whether it is what the autoscaler makes of a demand, and no budget says otherwise.
  boolean follows() {
    return directive == null
        && (scale.outlook() != null || scale.reason() == ScaleDecision.Reason.Shared);
  }

  /// Whether a budget is in force that has not decided about the deployment yet.
  boolean awaitsGrant() {
    return directive != null && directive.reason().equals(Directives.AWAITING_GRANT);
  }

  /// Whether replicas are wanted of which the budget has granted none, because it has not decided
  /// since they are.
  boolean awaitsFirst() {
    return isWithoutGrant() && !isSuspended();
  }

  /// Whether the budget pays for no replica of what is wanted. One that decided while nothing was
  /// asked for has not been asked yet.
  boolean isSuspended() {
    return isWithoutGrant() && !awaitsGrant() && !reason().equals(NamespaceDecision.NOTHING_ASKED);
  }

  private boolean isWithoutGrant() {
    return directive != null
        && directive.replicas() == 0
        && alone instanceof Decision.Serve serve
        && serve.replicas() > 0;
  }

  /// The same choice as it holds for `variant` with `replicas`: what conditions are judged by while
  /// another variant serves than is wanted.
  Decision shown(Policy policy, @Nullable String variant, int replicas) {
    boolean known = policy.ladder().stream().anyMatch(v -> v.name().equals(variant));
    return decision instanceof Decision.Serve serve && variant != null && known
        ? new Decision.Serve(variant, replicas, serve.explanation())
        : decision;
  }

  private static List<Candidate> verdicts(Explanation alone, String chosen, String reason) {
    return alone.candidates().stream()
        .map(
            c ->
                new Candidate(
                    c.variant(),
                    c.pool(),
                    c.quality(),
                    c.replicas(),
                    c.hourly(),
                    c.speed(),
                    c.costPerMillion(),
                    c.variant().equals(chosen)
                        ? Candidate.CHOSEN
                        : c.verdict().equals(Candidate.CHOSEN)
                            ? "not paid for: " + reason
                            : c.verdict()))
        .toList();
  }

  private static boolean isAdmissible(Policy policy, String name) {
    return policy.ladder().stream()
        .anyMatch(variant -> variant.name().equals(name) && policy.admits(variant));
  }
}
