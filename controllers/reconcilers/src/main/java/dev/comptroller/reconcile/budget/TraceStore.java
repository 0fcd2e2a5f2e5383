package dev.comptroller.reconcile.budget;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the last traces of a namespace in one ConfigMap of the installation's namespace: at most
/// 20, and no more than fit.
public final class TraceStore implements Traces {
  /// Prefix of the ConfigMaps; the namespace that they are about follows.
  public static final String PREFIX = "comptroller-traces-";

  static final int MOST = 20;

  /// Bytes of one ConfigMap, below what the API server takes.
  static final int BYTES = 900_000;

  private static final Logger LOG = LoggerFactory.getLogger(TraceStore.class);
  private static final Map<String, String> LABELS =
      Map.of(
          "app.kubernetes.io/managed-by",
          Names.MANAGER,
          "app.kubernetes.io/part-of",
          "comptroller",
          "app.kubernetes.io/component",
          "decision-traces");

  private final KubernetesClient client;
  private final String home;
  private final Function<Trace, String> codec;

  /// Traces in namespace `home`, written by `codec`.
  public TraceStore(KubernetesClient client, String home, Function<Trace, String> codec) {
    this.client = client;
    this.home = home;
    this.codec = codec;
  }

  @Override
  public void keep(Trace trace) {
    String namespace = trace.policy().namespace();
    String name = PREFIX + namespace;
    try {
      ConfigMap old = client.configMaps().inNamespace(home).withName(name).get();
      SortedMap<String, String> kept = new TreeMap<>();
      if (old != null && old.getData() != null) {
        kept.putAll(old.getData());
      }
      kept.put(key(trace), codec.apply(trace));
      bound(kept);
      ConfigMap next =
          new ConfigMapBuilder()
              .withNewMetadata()
              .withName(name)
              .withNamespace(home)
              .withLabels(LABELS)
              .endMetadata()
              .withData(kept)
              .build();
      if (old == null) {
        client.resource(next).create();
      } else {
        client.resource(next).lockResourceVersion(old.getMetadata().getResourceVersion()).update();
      }
    } catch (KubernetesClientException e) {
      LOG.warn("the trace of a decision about {} is not kept: {}", namespace, e.getMessage());
    }
  }

  /// `2026-01-01T00-00-00.123Z.json`: sorts by time.
  static String key(Trace trace) {
    return "%s.json".formatted(trace.decision().at().toString().replace(':', '-'));
  }

  /// Drops the oldest until the rest is few and small enough.
  static void bound(SortedMap<String, String> kept) {
    while (!kept.isEmpty() && (kept.size() > MOST || size(kept) > BYTES)) {
      kept.remove(kept.firstKey());
    }
  }

  private static long size(Map<String, String> kept) {
    return kept.entrySet().stream()
        .mapToLong(
            entry ->
                entry.getKey().length()
                    + (long) entry.getValue().getBytes(StandardCharsets.UTF_8).length)
        .sum();
  }
}
