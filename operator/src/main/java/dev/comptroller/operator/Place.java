package dev.comptroller.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.UUID;

/// Where and as whom this process runs.
///
/// @param namespace namespace of the installation
/// @param instance name of this process, unique among its peers
record Place(String namespace, String instance) {
  /// Name of the lease that the leader holds, in [#namespace].
  static final String LEASE = "comptroller-operator";

  /// The place that configuration and environment name.
  ///
  /// @throws IllegalStateException if none names a namespace
  static Place of(KubernetesClient client, OperatorConfig config) {
    String namespace =
        config
            .namespace()
            .or(() -> Optional.ofNullable(System.getenv("POD_NAMESPACE")))
            .or(() -> Optional.ofNullable(client.getNamespace()))
            .filter(name -> !name.isBlank())
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no namespace: set COMPTROLLER_NAMESPACE to the installation's namespace"));
    String instance =
        config
            .instance()
            .or(() -> Optional.ofNullable(System.getenv("HOSTNAME")))
            .filter(name -> !name.isBlank())
            .orElseGet(() -> "operator-" + UUID.randomUUID());
    return new Place(namespace, instance);
  }
}
