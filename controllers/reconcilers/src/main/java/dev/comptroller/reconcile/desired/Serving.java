package dev.comptroller.reconcile.desired;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.LinkedHashMap;
import java.util.Map;

/// Everything that the Kubernetes objects of one serving variant depend on.
///
/// @param namespace namespace of the ModelDeployment
/// @param deployment name of the ModelDeployment
/// @param rung the variant
/// @param replicas how many pods
/// @param revision number of the request for these replicas
/// @param images images of the pods
/// @param owner the ModelDeployment as the controlling owner
public record Serving(
    String namespace,
    String deployment,
    Rung rung,
    int replicas,
    long revision,
    Images images,
    OwnerReference owner) {
  /// Labels by which the pods of one variant are selected; they never change.
  public Map<String, String> selector() {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app.kubernetes.io/name", Names.RUNTIME_NAME);
    labels.put("app.kubernetes.io/instance", deployment);
    labels.put(Names.DEPLOYMENT_LABEL, deployment);
    labels.put(Names.VARIANT_LABEL, rung.name());
    return labels;
  }

  /// Labels of everything that belongs to the variant.
  public Map<String, String> labels() {
    Map<String, String> labels = selector();
    labels.put("app.kubernetes.io/component", "runtime");
    labels.put("app.kubernetes.io/part-of", "comptroller");
    labels.put("app.kubernetes.io/managed-by", Names.MANAGER);
    labels.put(Names.POOL_LABEL, rung.pool());
    return labels;
  }

  /// The name by which requests ask for the model.
  String modelName() {
    return namespace + "/" + deployment;
  }

  /// What the container that computes asks for.
  Map<String, Quantity> gpus() {
    return Map.of(Names.GPU_RESOURCE, new Quantity(Integer.toString(rung.gpus())));
  }

  /// Name of the variant's Deployment.
  public String objectName() {
    return objectName(deployment, rung.name());
  }

  /// Name of the Deployment of `variant`.
  public static String objectName(String deployment, String variant) {
    return deployment + "-" + variant;
  }
}
