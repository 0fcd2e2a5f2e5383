package dev.comptroller.gateway.table;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Watches one ConfigMap through an informer that never gives up.
public final class ConfigMapSource implements TableSource {
  private static final Logger LOG = System.getLogger(ConfigMapSource.class.getName());

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final LiveTable table;
  private @Nullable SharedIndexInformer<ConfigMap> informer;

  /// A source on one ConfigMap; closes the client with itself.
  public ConfigMapSource(KubernetesClient client, String namespace, String name, LiveTable table) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.table = table;
  }

  @Override
  public void start() {
    SharedIndexInformer<ConfigMap> watch =
        client.configMaps().inNamespace(namespace).withName(name).runnableInformer(0);
    watch.exceptionHandler(
        (_, cause) -> {
          LOG.log(
              Level.WARNING,
              "watch of {0} broke, trying again: {1}",
              this,
              String.valueOf(cause.getMessage()));
          return true;
        });
    watch.addEventHandler(new Handler());
    informer = watch;
    watch
        .start()
        .whenComplete(
            (_, failed) -> {
              if (failed != null) {
                LOG.log(Level.WARNING, "watch of " + this + " did not start", failed);
              }
            });
  }

  @Override
  public void close() {
    SharedIndexInformer<ConfigMap> watch = informer;
    if (watch != null) {
      watch.close();
    }
    client.close();
  }

  @Override
  public String toString() {
    return "ConfigMap " + namespace + "/" + name;
  }

  private void offer(ConfigMap map) {
    Map<String, String> data = map.getData();
    String json = data == null ? null : data.get(Names.ROUTING_KEY);
    if (json == null) {
      table.absent(this + ", key " + Names.ROUTING_KEY);
    } else {
      table.offer(json.getBytes(StandardCharsets.UTF_8), toString());
    }
  }

  private final class Handler implements ResourceEventHandler<ConfigMap> {
    @Override
    public void onAdd(ConfigMap map) {
      offer(map);
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap map) {
      offer(map);
    }

    @Override
    public void onDelete(ConfigMap map, boolean unknown) {
      table.absent(ConfigMapSource.this.toString());
    }
  }
}
