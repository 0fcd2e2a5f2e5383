package dev.comptroller.reconcile.pool;

import dev.comptroller.decide.cost.NodeRecord;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Node records in ConfigMaps of the installation's namespace, one for each pool.
///
/// A write names the version that was read, so that no node is lost or counted twice.
public final class NodeStore {
  private static final String PREFIX = "comptroller-nodes-";
  private static final Map<String, String> LABELS =
      Map.of(
          "app.kubernetes.io/managed-by",
          Names.MANAGER,
          "app.kubernetes.io/part-of",
          "comptroller",
          "app.kubernetes.io/component",
          "node-record");

  private final KubernetesClient client;
  private final String home;

  /// The records kept in namespace `home`.
  public NodeStore(KubernetesClient client, String home) {
    this.client = client;
    this.home = home;
  }

  /// A record as read.
  ///
  /// @param version of the ConfigMap; absent if there is none yet
  record Stored(NodeRecord record, @Nullable String version) {}

  /// The record about `pool`, empty if there is none.
  ///
  /// @throws IllegalArgumentException if there is one that this code does not understand
  Stored read(String pool) {
    ConfigMap map = client.configMaps().inNamespace(home).withName(PREFIX + pool).get();
    if (map == null) {
      return new Stored(NodeRecord.EMPTY, null);
    }
    try {
      return new Stored(NodeCodec.read(map.getData()), map.getMetadata().getResourceVersion());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "ConfigMap %s, %s; restore it, or delete the ConfigMap to start from the nodes there are"
              .formatted(PREFIX + pool, e.getMessage()),
          e);
    }
  }

  /// Writes `record` in place of what was read as `before`.
  ///
  /// @throws io.fabric8.kubernetes.client.KubernetesClientException code 409 if it has changed
  Stored write(String pool, NodeRecord record, Stored before) {
    ConfigMap map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(PREFIX + pool)
            .withNamespace(home)
            .withLabels(LABELS)
            .withResourceVersion(before.version())
            .endMetadata()
            .withData(NodeCodec.write(record))
            .build();
    ConfigMap written =
        before.version() == null
            ? client.resource(map).create()
            : client.resource(map).lockResourceVersion(before.version()).update();
    return new Stored(record, Objects.requireNonNull(written.getMetadata().getResourceVersion()));
  }
}
