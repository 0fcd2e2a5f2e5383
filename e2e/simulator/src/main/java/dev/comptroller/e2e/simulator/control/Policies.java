package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.NamespacePolicy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Policies with one thing changed.
public final class Policies {
  private Policies() {}

  /// What is wanted of a deployment.
  ///
  /// @param variant the best rung that is wanted; absent for the first
  /// @param replicas how many of it
  record Wanted(@Nullable String variant, int replicas) {}

  /// The policy with what is wanted of its deployments, by name.
  static NamespacePolicy wanting(NamespacePolicy policy, Map<String, Wanted> wanted) {
    List<DeploymentPolicy> deployments =
        policy.deployments().stream()
            .map(each -> wanting(each, Objects.requireNonNull(wanted.get(each.name()))))
            .toList();
    return deployments.equals(policy.deployments()) ? policy : withDeployments(policy, deployments);
  }

  private static DeploymentPolicy wanting(DeploymentPolicy deployment, Wanted wanted) {
    Policy policy = deployment.policy();
    String variant = wanted.variant();
    return new DeploymentPolicy(
        variant == null
            ? new Policy(
                policy.namespace(),
                policy.name(),
                policy.ladder(),
                policy.qualityFloor(),
                wanted.replicas(),
                policy.scaling(),
                policy.targetCpm())
            : policy.wanting(variant, wanted.replicas()),
        deployment.priority(),
        deployment.weight(),
        deployment.downgradeAllowed(),
        deployment.breakBeforeMake(),
        deployment.suspendAllowed(),
        deployment.pricierFallback(),
        deployment.transition(),
        deployment.dwell());
  }

  private static NamespacePolicy withDeployments(
      NamespacePolicy policy, List<DeploymentPolicy> deployments) {
    return new NamespacePolicy(
        policy.namespace(),
        policy.budget(),
        policy.amount(),
        policy.calendar(),
        policy.hard(),
        policy.observe(),
        policy.heat(),
        policy.features(),
        deployments,
        policy.leaving(),
        policy.stale(),
        policy.climbMargin());
  }

  /// The policy without effect: what would be without the budget.
  public static NamespacePolicy observed(NamespacePolicy policy) {
    return new NamespacePolicy(
        policy.namespace(),
        policy.budget(),
        policy.amount(),
        policy.calendar(),
        false,
        true,
        policy.heat(),
        policy.features(),
        policy.deployments(),
        policy.leaving(),
        policy.stale(),
        policy.climbMargin());
  }
}
