package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The status as a write-ahead log: written under an optimistic lock before what it says is done.
///
/// A cache may be older than the last write. What was written is remembered, so that nothing is
/// ever done by an older state; after a restart the API server has it.
final class RolloutLog {
  private final Map<String, ModelDeployment> written = new ConcurrentHashMap<>();

  /// `deployment` with the last status that is known: the cache's, or what was written since.
  ModelDeployment latest(ModelDeployment deployment) {
    ModelDeployment mine = written.get(deployment.getMetadata().getUid());
    if (mine == null || version(mine) <= version(deployment)) {
      written.remove(deployment.getMetadata().getUid());
      return deployment;
    }
    ModelDeployment latest = new ModelDeployment();
    latest.setMetadata(
        new ObjectMetaBuilder(deployment.getMetadata())
            .withResourceVersion(mine.getMetadata().getResourceVersion())
            .build());
    latest.setSpec(deployment.getSpec());
    latest.setStatus(mine.getStatus());
    return latest;
  }

  /// Writes `status`; nothing if somebody else wrote in between.
  Optional<ModelDeployment> write(
      ModelDeployment deployment, ModelDeploymentStatus status, Context<ModelDeployment> context) {
    ModelDeployment patch = new ModelDeployment();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(deployment.getMetadata().getName())
            .withNamespace(deployment.getMetadata().getNamespace())
            .withUid(deployment.getMetadata().getUid())
            .withResourceVersion(deployment.getMetadata().getResourceVersion())
            .build());
    patch.setStatus(status);
    try {
      ModelDeployment stored = context.resourceOperations().serverSideApplyPrimaryStatus(patch);
      written.put(deployment.getMetadata().getUid(), stored);
      return Optional.of(stored);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /// Resource versions are numbers that grow.
  private static long version(ModelDeployment deployment) {
    String text = deployment.getMetadata().getResourceVersion();
    return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }
}
