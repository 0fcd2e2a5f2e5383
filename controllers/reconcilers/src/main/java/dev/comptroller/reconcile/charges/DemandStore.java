package dev.comptroller.reconcile.charges;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps what is remembered of demand in ConfigMaps `comptroller-demand-<namespace>` of the
/// installation's namespace.
///
/// One is written at most every 5 minutes, and only if something was asked for since: at rest
/// nothing is written, so that idle hours count for the means from the next request on. It goes
/// with the last deployment of its namespace. One that cannot be read is reported and begun anew.
/// One thread.
final class DemandStore {
  /// Prefix of the ConfigMaps; the namespace that they are about follows.
  static final String PREFIX = "comptroller-demand-";

  static final String KEY = "demand.json.gz";

  /// The shortest time between two writes for one namespace.
  static final Duration QUANTUM = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(DemandStore.class);

  private final Archive archive;
  private final Clock clock;
  private final Map<String, Kept> kept = new HashMap<>();

  /// What is known of a ConfigMap.
  ///
  /// @param version absent if it does not exist
  private record Kept(@Nullable String version, Instant at) {}

  /// The memory kept in namespace `home`.
  DemandStore(KubernetesClient client, String home, Clock clock) {
    this.archive = new Archive(client, home, "demand", KEY);
    this.clock = clock;
  }

  /// Takes up what was saved.
  void load(Demands demands) {
    for (ConfigMap map : archive.list()) {
      String name = map.getMetadata().getName();
      if (name.startsWith(PREFIX)) {
        String namespace = name.substring(PREFIX.length());
        Optional<DemandBook> book = read(map);
        kept.put(
            namespace,
            new Kept(
                map.getMetadata().getResourceVersion(),
                book.map(DemandBook::at).orElse(Instant.MIN)));
        book.ifPresent(known -> demands.restore(namespace, known.deployments()));
      }
    }
  }

  private Optional<DemandBook> read(ConfigMap map) {
    try {
      return Optional.of(DemandBook.read(archive.bytes(map)));
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "ConfigMap {}, key {}: {}; what its namespace was asked for is learned anew",
          map.getMetadata().getName(),
          KEY,
          e.getMessage());
      return Optional.empty();
    }
  }

  /// Saves what is due.
  void save(Demands demands) {
    Instant now = clock.instant();
    for (String namespace : demands.moved()) {
      Kept last = kept.get(namespace);
      if (last == null || isDue(last, now)) {
        save(namespace, demands, now);
      }
    }
    for (String namespace : Set.copyOf(kept.keySet())) {
      if (demands.memory(namespace).isEmpty()) {
        forget(namespace);
      }
    }
  }

  /// Saves everything that has changed, due or not: the process ends.
  void saveAll(Demands demands) {
    Instant now = clock.instant();
    demands.moved().forEach(namespace -> save(namespace, demands, now));
  }

  private static boolean isDue(Kept last, Instant now) {
    return last.at().equals(Instant.MIN)
        || !now.isBefore(last.at().plus(QUANTUM))
        || now.isBefore(last.at());
  }

  private void save(String namespace, Demands demands, Instant now) {
    SortedMap<String, DemandMemory> memory = demands.memory(namespace);
    if (memory.isEmpty()) {
      demands.saved(namespace);
      return;
    }
    DemandBook book = new DemandBook(now, memory);
    byte[] bytes = book.write();
    if (bytes.length > Archive.MAX_BYTES) {
      bytes = book.withoutMinutes().write();
    }
    Kept last = kept.get(namespace);
    if (bytes.length > Archive.MAX_BYTES) {
      LOG.warn(
          "{} bytes of the demand in {} are not saved: {} is the most",
          bytes.length,
          namespace,
          Archive.MAX_BYTES);
      kept.put(namespace, new Kept(last == null ? null : last.version(), now));
      return;
    }
    try {
      String version =
          archive.write(PREFIX + namespace, bytes, last == null ? null : last.version());
      kept.put(namespace, new Kept(version, now));
      demands.saved(namespace);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        // A write whose answer was lost: the next one is tried over what is there.
        kept.put(namespace, new Kept(archive.version(PREFIX + namespace), Instant.MIN));
      }
      throw e;
    }
  }

  private void forget(String namespace) {
    archive.delete(PREFIX + namespace);
    kept.remove(namespace);
  }
}
