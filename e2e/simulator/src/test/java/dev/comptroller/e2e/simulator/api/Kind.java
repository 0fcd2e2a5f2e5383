package dev.comptroller.e2e.simulator.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// A kind of objects that the API server knows.
///
/// @param apiVersion group and version
/// @param name its name
/// @param plural its name in paths
/// @param namespaced whether its objects live in namespaces
/// @param hasStatus whether its status is a subresource
record Kind(String apiVersion, String name, String plural, boolean namespaced, boolean hasStatus) {
  static final Kind NAMESPACE = new Kind("v1", "Namespace", "namespaces", false, true);
  static final Kind NODE = new Kind("v1", "Node", "nodes", false, true);
  static final Kind POD = new Kind("v1", "Pod", "pods", true, true);
  static final Kind CONFIG_MAP = new Kind("v1", "ConfigMap", "configmaps", true, false);
  static final Kind SERVICE = new Kind("v1", "Service", "services", true, true);
  static final Kind DEPLOYMENT = new Kind("apps/v1", "Deployment", "deployments", true, true);
  static final Kind EVENT = new Kind("events.k8s.io/v1", "Event", "events", true, false);
  static final Kind GPU_NODE_POOL = ours("GpuNodePool", "gpunodepools", false);
  static final Kind MODEL_DEPLOYMENT = ours("ModelDeployment", "modeldeployments", true);
  static final Kind INFERENCE_BUDGET = ours("InferenceBudget", "inferencebudgets", true);

  private static final Map<String, Kind> ALL =
      List.of(
              NAMESPACE,
              NODE,
              POD,
              CONFIG_MAP,
              SERVICE,
              DEPLOYMENT,
              EVENT,
              GPU_NODE_POOL,
              MODEL_DEPLOYMENT,
              INFERENCE_BUDGET)
          .stream()
          .collect(Collectors.toMap(kind -> kind.apiVersion + "/" + kind.plural, k -> k));

  private static final Map<String, Kind> BY_NAME =
      ALL.values().stream().collect(Collectors.toMap(Kind::name, Function.identity()));

  /// The kind called `plural` in `apiVersion`.
  static Optional<Kind> of(String apiVersion, String plural) {
    return Optional.ofNullable(ALL.get(apiVersion + "/" + plural));
  }

  /// The kind called `name`.
  static Optional<Kind> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  private static Kind ours(String name, String plural, boolean namespaced) {
    return new Kind("comptroller.dev/v1alpha1", name, plural, namespaced, true);
  }
}
