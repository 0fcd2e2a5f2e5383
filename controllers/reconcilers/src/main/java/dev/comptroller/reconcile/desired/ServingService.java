package dev.comptroller.reconcile.desired;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;

/// The Service in front of the active variant's pods. Pure.
public final class ServingService {
  private ServingService() {}

  /// The Service that `serving` asks for.
  public static Service of(Serving serving) {
    return new ServiceBuilder()
        .withNewMetadata()
        .withName(serving.deployment())
        .withNamespace(serving.namespace())
        .withLabels(serving.labels())
        .withOwnerReferences(serving.owner())
        .endMetadata()
        .withNewSpec()
        .withType("ClusterIP")
        .withSelector(serving.selector())
        .addNewPort()
        .withName("http")
        .withPort(80)
        .withProtocol("TCP")
        .withTargetPort(new IntOrString("http"))
        .endPort()
        .endSpec()
        .build();
  }
}
