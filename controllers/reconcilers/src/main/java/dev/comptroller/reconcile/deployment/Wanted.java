package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.VariantSeen.Slo;
import dev.comptroller.decide.rollout.Goal;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.reconcile.deployment.Directives.Directive;
import dev.comptroller.reconcile.deployment.Directives.Told;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a deployment is to run: what it chose alone, within what its budget pays for. Pure.
///
/// @param decision the choice, for status and events
/// @param alone what would be chosen without a budget
/// @param directive what the budget says; absent if none speaks for it
/// @param goal where to get to; absent while nothing can be chosen
/// @param scale what the autoscaler decided
/// @param slo whether each variant keeps the promised latency, as far as the deployment knows
record Wanted(
    Decision decision,
    Decision alone,
    @Nullable Directive directive,
    @Nullable Goal goal,
    ScaleDecision scale,
    Map<String, Slo> slo) {
  private static final String BEST = "BestVariant";

  Wanted {
    slo = Map.copyOf(slo);
  }

  /// The choice `alone` under `directive`. A directive never makes more replicas than the owner
  /// asked for, and one that names no variant at or above the quality floor keeps only its count.
  static Wanted of(
      Policy policy,
      Decision alone,
      Optional<Directive> directive,
      ScaleDecision scale,
      Map<String, Slo> slo) {
    return switch (alone) {
      case Decision.Blocked _ -> new Wanted(alone, alone, directive.orElse(null), null, scale, slo);
      case Decision.Serve(String variant, int replicas, Explanation explanation) -> {
        if (directive.isEmpty()) {
          yield new Wanted(
              alone, alone, null, new Goal(variant, replicas, Goal.ALL, BEST), scale, slo);
        }
        Directive told = directive.get();
        boolean fits = isAdmissible(policy, told.variant());
        String serve = fits ? told.variant() : variant;
        int paid = Math.min(replicas, told.replicas());
        // Where nothing is asked for, no budget has to do with it.
        Explanation why =
            replicas == 0
                ? explanation
                : fits ? told(told, explanation, paid) : unfit(policy, told, explanation, variant);
        yield new Wanted(
            new Decision.Serve(serve, paid, why),
            alone,
            told,
            new Goal(serve, paid, told.surge(), told.reason()),
            scale,
            slo);
      }
    };
  }

  /// The budget's decision that is carried out; absent if none was told, or if what it grants
  /// cannot serve.
  Optional<Told> told() {
    return directive != null
            && directive.told() != null
            && decision instanceof Decision.Serve serve
            && alone instanceof Decision.Serve asked
            && asked.replicas() > 0
            && serve.variant().equals(directive.variant())
        ? Optional.of(directive.told())
        : Optional.empty();
  }

  /// Whether each variant keeps the promised latency, as far as whoever decided knew.
  Map<String, Slo> latency() {
    Map<String, Slo> known = new HashMap<>(slo);
    told()
        .map(Told::verdict)
        .ifPresent(
            verdict -> {
              for (int i = 0; i < verdict.slo().size(); i++) {
                Candidate candidate = verdict.explanation().candidates().get(i);
                known.put(candidate.variant(), verdict.slo().get(i));
              }
            });
    return known;
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

  /// The budget's own reasons. Where less is asked for than it pays for, that is what binds.
  private static Explanation told(Directive directive, Explanation alone, int paid) {
    @Nullable Told told = directive.told();
    if (told == null) {
      String verdict = "%s: %s".formatted(directive.reason(), directive.message());
      return new Explanation(
          directive.message(),
          directive.reason(),
          chosen(alone, directive.variant(), directive.replicas() == 0, verdict));
    }
    DeploymentVerdict verdict = told.verdict();
    return new Explanation(
        "%s; %s".formatted(directive.message(), verdict.why()),
        paid < directive.replicas() ? alone.binding() : verdict.explanation().binding(),
        verdict.explanation().candidates());
  }

  /// What is granted is no variant that may serve.
  private static Explanation unfit(
      Policy policy, Directive directive, Explanation alone, String serves) {
    String bar =
        "%s is no variant at or above the quality floor %s"
            .formatted(directive.variant(), policy.qualityFloor());
    return new Explanation(
        "%s; %s: %s serves".formatted(directive.message(), bar, serves), bar, alone.candidates());
  }

  /// The candidates of a choice with another one chosen.
  private static List<Candidate> chosen(
      Explanation alone, String variant, boolean none, String otherwise) {
    return alone.candidates().stream()
        .map(
            c ->
                c.variant().equals(variant) && !none
                    ? c.judged(Candidate.CHOSEN)
                    : c.verdict().equals(Candidate.CHOSEN) ? c.judged(otherwise) : c)
        .toList();
  }

  private static boolean isAdmissible(Policy policy, String name) {
    return policy.ladder().stream()
        .anyMatch(variant -> variant.name().equals(name) && policy.admits(variant));
  }
}
