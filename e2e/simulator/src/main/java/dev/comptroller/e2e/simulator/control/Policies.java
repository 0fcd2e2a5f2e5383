package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.Policy;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.NamespacePolicy;
import java.util.List;
import java.util.Map;

/// Policies with one thing changed.
public final class Policies {
  private Policies() {}

  /// The policy with these `spec.replicas`.
  static NamespacePolicy withReplicas(NamespacePolicy policy, Map<String, Integer> replicas) {
    boolean same =
        policy.deployments().stream()
            .allMatch(
                each ->
                    replicas.getOrDefault(each.name(), each.policy().requestedReplicas())
                        == each.policy().requestedReplicas());
    return same
        ? policy
        : withDeployments(
            policy,
            policy.deployments().stream()
                .map(
                    each ->
                        withReplicas(
                            each,
                            replicas.getOrDefault(each.name(), each.policy().requestedReplicas())))
                .toList());
  }

  private static DeploymentPolicy withReplicas(DeploymentPolicy deployment, int replicas) {
    Policy policy = deployment.policy();
    return new DeploymentPolicy(
        new Policy(
            policy.namespace(),
            policy.name(),
            policy.ladder(),
            policy.qualityFloor(),
            replicas,
            policy.scaling(),
            policy.targetCpm()),
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
