package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Autoscaling;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Transition;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.VariantStatus;
import dev.comptroller.decide.publish.Figures;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Splits the status of a ModelDeployment into what flows and what must be published at once. Pure.
final class DeploymentFigures {
  private DeploymentFigures() {}

  /// The figures of `status`.
  static Figures of(ModelDeploymentStatus status) {
    Map<String, Long> flowing = new TreeMap<>();
    put(flowing, "cpm", status.cpm());
    put(flowing, "tokensPerDollar", status.tokensPerDollar());
    if (status.autoscaling() != null) {
      put(flowing, "expected", status.autoscaling().expectedTokensPerSecond());
      if (status.autoscaling().floor() != null) {
        put(flowing, "floor", status.autoscaling().floor().burnRate());
        put(flowing, "beyondDemand", status.autoscaling().floor().beyondDemand());
      }
    }
    for (VariantStatus variant : status.variants()) {
      put(flowing, variant.name() + ".tokensPerSecond", variant.tokensPerSecond());
      put(flowing, variant.name() + ".cpm", variant.cpm());
    }
    return Figures.of(flowing, steady(status).toString());
  }

  private static ModelDeploymentStatus steady(ModelDeploymentStatus s) {
    List<VariantStatus> variants =
        s.variants().stream()
            .map(
                v ->
                    new VariantStatus(
                        v.name(),
                        v.replicas(),
                        v.ready(),
                        null,
                        null,
                        v.marginalCpm(),
                        null,
                        v.burnRate()))
            .toList();
    return new ModelDeploymentStatus(
        s.observedGeneration(),
        s.conditions().stream().map(DeploymentFigures::steady).toList(),
        s.activeVariant(),
        s.replicas(),
        s.desiredReplicas(),
        s.readyReplicas(),
        s.selector(),
        s.burnRate(),
        null,
        null,
        null,
        variants,
        s.lastDecision(),
        s.history(),
        steady(s.transition()),
        s.legs(),
        s.rollout(),
        steady(s.autoscaling()));
  }

  /// What a change waits for moves with every look; it is told with what else is told.
  private static @Nullable Transition steady(@Nullable Transition t) {
    return t == null
        ? null
        : new Transition(
            t.phase(),
            t.from(),
            t.to(),
            t.since(),
            t.started(),
            t.attempt(),
            t.share(),
            t.fromReplicas(),
            t.wantedReplicas(),
            t.maxGpus(),
            t.rollback(),
            t.breakBeforeMake(),
            t.reason(),
            null);
  }

  /// What is expected moves with every look; it is told with what else is told.
  private static @Nullable Autoscaling steady(@Nullable Autoscaling a) {
    return a == null
        ? null
        : new Autoscaling(
            a.variant(),
            a.replicas(),
            a.wouldReplicas(),
            a.since(),
            a.reason(),
            null,
            a.bindingConstraint(),
            null,
            a.repeatsEveryMinutes(),
            a.startSeconds(),
            null);
  }

  private static Condition steady(Condition c) {
    return DeploymentReport.flows(c)
        ? new Condition(
            c.type(), c.status(), c.reason(), "", c.observedGeneration(), c.lastTransitionTime())
        : c;
  }

  private static void put(Map<String, Long> flowing, String name, @Nullable String value) {
    if (value != null) {
      flowing.put(name, new BigDecimal(value).movePointRight(6).longValue());
    }
  }
}
