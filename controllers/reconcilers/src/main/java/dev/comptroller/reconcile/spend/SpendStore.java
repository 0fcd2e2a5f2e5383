package dev.comptroller.reconcile.spend;

import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.archive.VersionedMaps;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.DateTimeException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Spend records in ConfigMaps of the installation's namespace, one for each namespace that spends.
///
/// A write names the version that was read; the API server refuses it if somebody else wrote in
/// between, so no interval is lost or counted twice.
public final class SpendStore {
  private static final String KEY = "record.json";

  private final VersionedMaps maps;

  /// The records kept in namespace `home`.
  public SpendStore(KubernetesClient client, String home) {
    this.maps = new VersionedMaps(client, home, "spend-record");
  }

  /// A record as read.
  ///
  /// @param version of the ConfigMap; absent if there is none yet
  public record Stored(SpendRecord record, @Nullable String version) {}

  /// A record that cannot be read, so that nothing may be written over it.
  public static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableException(String name, IllegalArgumentException cause) {
      super(
          "ConfigMap %s, key %s: %s; restore it, or delete the ConfigMap to start from zero"
              .formatted(name, KEY, cause.getMessage()),
          cause);
    }
  }

  /// All records by the namespace that they are about; one that cannot be read is reported to
  /// `unreadable` and left out.
  public Map<String, Stored> all(BiConsumer<String, String> unreadable) {
    Map<String, Stored> records = new HashMap<>();
    for (ConfigMap map : maps.list()) {
      String name = map.getMetadata().getName();
      if (name.startsWith(Names.SPEND_CONFIG_MAP_PREFIX)) {
        String about = name.substring(Names.SPEND_CONFIG_MAP_PREFIX.length());
        try {
          records.put(about, stored(map));
        } catch (UnreadableException e) {
          unreadable.accept(about, String.valueOf(e.getMessage()));
        }
      }
    }
    return records;
  }

  /// The record about `namespace`, empty if there is none.
  ///
  /// @throws UnreadableException if there is one that this code does not understand
  public Stored read(String namespace) {
    ConfigMap map = maps.get(name(namespace));
    return map == null ? new Stored(SpendRecord.EMPTY, null) : stored(map);
  }

  /// Writes `record` in place of what was read as `before`.
  ///
  /// @throws io.fabric8.kubernetes.client.KubernetesClientException code 409 if it has changed
  public Stored write(String namespace, SpendRecord record, Stored before) {
    String text = SpendCodec.write(record);
    return new Stored(
        record, maps.write(name(namespace), map -> map.addToData(KEY, text), before.version()));
  }

  private static Stored stored(ConfigMap map) {
    String text = map.getData() == null ? null : map.getData().get(KEY);
    try {
      if (text == null) {
        throw new IllegalArgumentException("the key is missing");
      }
      return new Stored(SpendCodec.read(text), map.getMetadata().getResourceVersion());
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new UnreadableException(
          map.getMetadata().getName(),
          e instanceof IllegalArgumentException bad
              ? bad
              : new IllegalArgumentException(e.getMessage(), e));
    }
  }

  private static String name(String namespace) {
    return Names.SPEND_CONFIG_MAP_PREFIX + namespace;
  }
}
