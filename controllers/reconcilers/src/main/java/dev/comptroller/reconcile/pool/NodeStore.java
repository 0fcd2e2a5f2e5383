package dev.comptroller.reconcile.pool;

import dev.comptroller.decide.cost.NodeRecord;
import dev.comptroller.reconcile.archive.VersionedMaps;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Node records in ConfigMaps of the installation's namespace, one for each pool.
///
/// A write names the version that was read, so that no node is lost or counted twice.
public final class NodeStore {
  private static final String PREFIX = "comptroller-nodes-";

  private final VersionedMaps maps;

  /// The records kept in namespace `home`.
  public NodeStore(KubernetesClient client, String home) {
    this.maps = new VersionedMaps(client, home, "node-record");
  }

  /// A record as read.
  ///
  /// @param version of the ConfigMap; absent if there is none yet
  record Stored(NodeRecord record, @Nullable String version) {}

  /// The record about `pool`, empty if there is none.
  ///
  /// @throws IllegalArgumentException if there is one that this code does not understand
  Stored read(String pool) {
    ConfigMap map = maps.get(PREFIX + pool);
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
    Map<String, String> data = NodeCodec.write(record);
    return new Stored(
        record, maps.write(PREFIX + pool, map -> map.withData(data), before.version()));
  }
}
