package dev.comptroller.reconcile.work;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;

/// Why the API server refused a write, where the reason decides what to do next.
public final class Refusal {
  private Refusal() {}

  /// Whether nothing can be created any more because the namespace is being deleted; what was to be
  /// written would go with it.
  public static boolean namespaceEnds(KubernetesClientException refused) {
    Status status = refused.getStatus();
    return status != null
        && status.getDetails() != null
        && status.getDetails().getCauses() != null
        && status.getDetails().getCauses().stream()
            .anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()));
  }
}
