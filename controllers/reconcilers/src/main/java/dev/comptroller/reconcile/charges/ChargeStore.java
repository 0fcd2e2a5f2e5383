package dev.comptroller.reconcile.charges;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the book of charges in ConfigMap `comptroller-charges`, in quanta.
///
/// It is written when a process of a gateway came or went, else a minute after the last write, and
/// only if something was booked: at rest nothing is written. What was counted since the last write
/// is booked again by the next process, from the counters as they were at that write. One thread.
final class ChargeStore {
  private static final Logger LOG = LoggerFactory.getLogger(ChargeStore.class);
  private static final String NAME = "comptroller-charges";
  private static final String KEY = "charges.json.gz";
  private static final Duration QUANTUM = Duration.ofMinutes(1);
  private static final int MAX_BYTES = 700_000;
  private static final Map<String, String> LABELS =
      Map.of(
          "app.kubernetes.io/managed-by",
          Names.MANAGER,
          "app.kubernetes.io/part-of",
          "comptroller",
          "app.kubernetes.io/component",
          "charges");

  private final KubernetesClient client;
  private final String home;
  private final Clock clock;
  private @Nullable String version;
  private @Nullable ChargeBook saved;
  private Instant savedAt = Instant.MIN;

  /// The book kept in namespace `home`.
  ChargeStore(KubernetesClient client, String home, Clock clock) {
    this.client = client;
    this.home = home;
    this.clock = clock;
  }

  /// The book as last saved; empty if there is none, or none that can be read.
  Optional<ChargeBook> load() {
    ConfigMap map = client.configMaps().inNamespace(home).withName(NAME).get();
    if (map == null) {
      return Optional.empty();
    }
    version = map.getMetadata().getResourceVersion();
    try {
      String text = map.getBinaryData() == null ? null : map.getBinaryData().get(KEY);
      if (text == null) {
        throw new IllegalArgumentException("the key is missing");
      }
      saved = ChargeBook.read(Base64.getDecoder().decode(text));
      return Optional.of(saved);
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "ConfigMap {}, key {}: {}; top spenders by model begin anew", NAME, KEY, e.getMessage());
      return Optional.empty();
    }
  }

  /// Saves `book` if that is due.
  void save(ChargeBook book) {
    Instant now = clock.instant();
    Set<String> known = saved == null ? Set.of() : saved.gateways().keySet();
    boolean moved = !book.gateways().keySet().equals(known);
    if (book.equals(saved) || (!moved && now.isBefore(savedAt.plus(QUANTUM)))) {
      return;
    }
    savedAt = now;
    byte[] bytes = book.write();
    if (bytes.length > MAX_BYTES) {
      LOG.warn("{} bytes of charges are not saved: {} is the most", bytes.length, MAX_BYTES);
      return;
    }
    try {
      version = write(bytes);
      saved = book;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        // A write whose answer was lost: the next one is tried over what is there.
        ConfigMap map = client.configMaps().inNamespace(home).withName(NAME).get();
        version = map == null ? null : map.getMetadata().getResourceVersion();
      }
      savedAt = Instant.MIN;
      throw e;
    }
  }

  private String write(byte[] bytes) {
    ConfigMap map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(home)
            .withLabels(LABELS)
            .withResourceVersion(version)
            .endMetadata()
            .addToBinaryData(KEY, Base64.getEncoder().encodeToString(bytes))
            .build();
    ConfigMap written =
        version == null
            ? client.resource(map).create()
            : client.resource(map).lockResourceVersion(version).update();
    return written.getMetadata().getResourceVersion();
  }
}
