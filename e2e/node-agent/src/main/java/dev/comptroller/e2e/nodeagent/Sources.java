package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// ConfigMaps and Secrets that pods have mounted: each is watched once, as long as a pod needs it.
final class Sources implements AutoCloseable {
  /// What kind of object it is.
  enum Kind {
    CONFIG_MAP("configmap"),
    SECRET("secret");

    final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  /// An object that holds files.
  record SourceKey(Kind kind, String namespace, String name) {
    @Override
    public String toString() {
      return "%s \"%s/%s\"".formatted(kind.word, namespace, name);
    }
  }

  /// Ends a watch.
  interface Closing extends AutoCloseable {
    @Override
    void close();
  }

  private final KubernetesClient client;
  private final Map<SourceKey, Watched> watched = new HashMap<>();

  Sources(KubernetesClient client) {
    this.client = client;
  }

  private static final class Watched {
    final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final SharedIndexInformer<?> informer;

    Watched(KubernetesClient client, SourceKey key) {
      informer =
          switch (key.kind()) {
            case CONFIG_MAP ->
                client
                    .configMaps()
                    .inNamespace(key.namespace())
                    .withName(key.name())
                    .inform(new Notify<>(listeners));
            case SECRET ->
                client
                    .secrets()
                    .inNamespace(key.namespace())
                    .withName(key.name())
                    .inform(new Notify<>(listeners));
          };
    }

    Optional<Map<String, byte[]>> contents() {
      return informer.getStore().list().stream().findFirst().map(Sources::files);
    }

    void stop() {
      informer.stop();
    }
  }

  private record Notify<T>(List<Runnable> listeners) implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T made) {
      listeners.forEach(Runnable::run);
    }

    @Override
    public void onUpdate(T before, T after) {
      listeners.forEach(Runnable::run);
    }

    @Override
    public void onDelete(T last, boolean unknown) {
      // The kubelet keeps the last content of a volume, too.
    }
  }

  /// Watches the objects until the returned handle is closed; `changed` runs on another thread.
  Closing watch(Set<SourceKey> keys, Runnable changed) {
    Closing handle = () -> keys.forEach(key -> release(key, changed));
    try {
      for (SourceKey key : keys) {
        synchronized (this) {
          watched.computeIfAbsent(key, k -> new Watched(client, k)).listeners.add(changed);
        }
      }
    } catch (RuntimeException e) {
      handle.close();
      throw e;
    }
    return handle;
  }

  private synchronized void release(SourceKey key, Runnable listener) {
    Watched entry = watched.get(key);
    if (entry != null && entry.listeners.remove(listener) && entry.listeners.isEmpty()) {
      watched.remove(key);
      entry.stop();
    }
  }

  /// The files of a watched object, or nothing if the object does not exist.
  synchronized Optional<Map<String, byte[]>> contents(SourceKey key) {
    Watched entry = watched.get(key);
    return entry == null ? Optional.empty() : entry.contents();
  }

  /// The files of an object as it is now, watched or not.
  Optional<Map<String, byte[]>> fetch(SourceKey key) {
    Object found =
        switch (key.kind()) {
          case CONFIG_MAP ->
              client.configMaps().inNamespace(key.namespace()).withName(key.name()).get();
          case SECRET -> client.secrets().inNamespace(key.namespace()).withName(key.name()).get();
        };
    return Optional.ofNullable(found).map(Sources::files);
  }

  private static Map<String, byte[]> files(Object object) {
    Map<String, byte[]> files = new TreeMap<>();
    if (object instanceof ConfigMap map) {
      if (map.getData() != null) {
        map.getData().forEach((k, v) -> files.put(k, v.getBytes(StandardCharsets.UTF_8)));
      }
      if (map.getBinaryData() != null) {
        map.getBinaryData().forEach((k, v) -> files.put(k, Base64.getDecoder().decode(v)));
      }
    } else if (object instanceof Secret secret && secret.getData() != null) {
      secret.getData().forEach((k, v) -> files.put(k, Base64.getDecoder().decode(v)));
    }
    return files;
  }

  @Override
  public synchronized void close() {
    watched.values().forEach(Watched::stop);
    watched.clear();
  }
}
