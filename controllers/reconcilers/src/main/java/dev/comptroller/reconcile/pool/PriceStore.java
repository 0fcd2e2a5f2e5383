package dev.comptroller.reconcile.pool;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Price logs in ConfigMaps of the installation's namespace, one for each pool.
///
/// One that cannot be read is left as it is and reported; its pool then goes by its present spec
/// alone.
public final class PriceStore {
  private static final Logger LOG = LoggerFactory.getLogger(PriceStore.class);
  private static final String PREFIX = "comptroller-prices-";
  private static final String KEY = "prices.json";
  private static final Map<String, String> LABELS =
      Map.of(
          "app.kubernetes.io/managed-by",
          Names.MANAGER,
          "app.kubernetes.io/part-of",
          "comptroller",
          "app.kubernetes.io/component",
          "price-log");

  private final KubernetesClient client;
  private final String home;
  private final Set<String> unreadable = ConcurrentHashMap.newKeySet();

  /// The logs kept in namespace `home`.
  public PriceStore(KubernetesClient client, String home) {
    this.client = client;
    this.home = home;
  }

  /// All logs by pool.
  Map<String, PriceLog> all() {
    Map<String, PriceLog> logs = new HashMap<>();
    for (ConfigMap map :
        client.configMaps().inNamespace(home).withLabels(LABELS).list().getItems()) {
      String name = map.getMetadata().getName();
      if (name.startsWith(PREFIX) && map.getData() != null) {
        String pool = name.substring(PREFIX.length());
        try {
          logs.put(pool, PriceCodec.read(map.getData().getOrDefault(KEY, "null")));
        } catch (IllegalArgumentException e) {
          unreadable.add(pool);
          LOG.error(
              "ConfigMap {}, key {}: {}; restore it, or delete it to go by the pool's present spec",
              name,
              KEY,
              e.getMessage());
        }
      }
    }
    return logs;
  }

  /// Writes `log` for `pool`.
  void write(String pool, PriceLog log) {
    if (unreadable.contains(pool)) {
      return;
    }
    ConfigMap map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(PREFIX + pool)
            .withNamespace(home)
            .withLabels(LABELS)
            .endMetadata()
            .addToData(KEY, PriceCodec.write(pool, log))
            .build();
    client
        .resource(map)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Names.MANAGER)
                .withForce(true)
                .build());
  }
}
