package dev.comptroller.reconcile.provision;

import dev.comptroller.api.v1alpha1.Provisioner;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.ResourceNotFoundException;
import java.util.List;

/// Carries out what was decided about the nodes of pools.
///
/// Nodes that were told to leave take no new pods and lose those that they have; then the one
/// provisioner of the pool is told how many nodes to keep. Doing it twice is doing it once.
public final class Provisioners {
  private final Draining draining;
  private final ScaleTargets scaled;
  private final KarpenterPools karpenter;

  /// Through `client`; `draining` empties nodes.
  public Provisioners(KubernetesClient client, Draining draining) {
    this.draining = draining;
    this.scaled = new ScaleTargets(client);
    this.karpenter = new KarpenterPools(client);
  }

  /// Carries `order` out.
  public Outcome apply(Order order) {
    try {
      draining.drain(order);
      Provisioner by = order.pool().getSpec().provisioner();
      if (by.scaleTarget() != null) {
        return scaled.apply(order, by.scaleTarget());
      }
      if (by.clusterApi() != null) {
        return scaled.apply(order, by.clusterApi());
      }
      return by.karpenter() != null
          ? karpenter.apply(order, by.karpenter())
          : new Outcome.Done(List.of());
    } catch (ResourceNotFoundException e) {
      return new Outcome.Refused(String.valueOf(e.getMessage()));
    } catch (KubernetesClientException e) {
      if (e.getCode() == 0 || e.getCode() >= 500) {
        throw e;
      }
      String words =
          e.getStatus() == null || e.getStatus().getMessage() == null
              ? String.valueOf(e.getMessage())
              : e.getStatus().getMessage();
      return new Outcome.Refused("%d: %s".formatted(e.getCode(), words));
    }
  }
}
