package dev.comptroller.reconcile.charges;

import dev.comptroller.reconcile.archive.Archive;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
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

  private final Archive archive;
  private final Clock clock;
  private @Nullable String version;
  private @Nullable ChargeBook saved;
  private Instant savedAt = Instant.MIN;

  /// The book kept in namespace `home`.
  ChargeStore(KubernetesClient client, String home, Clock clock) {
    this.archive = new Archive(client, home, "charges", KEY);
    this.clock = clock;
  }

  /// The book as last saved; empty if there is none, or none that can be read.
  Optional<ChargeBook> load() {
    ConfigMap map = archive.get(NAME);
    if (map == null) {
      return Optional.empty();
    }
    version = map.getMetadata().getResourceVersion();
    try {
      saved = ChargeBook.read(archive.bytes(map));
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
    if (bytes.length > Archive.MAX_BYTES) {
      LOG.warn(
          "{} bytes of charges are not saved: {} is the most", bytes.length, Archive.MAX_BYTES);
      return;
    }
    try {
      version = archive.write(NAME, bytes, version);
      saved = book;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        // A write whose answer was lost: the next one is tried over what is there.
        version = archive.version(NAME);
      }
      savedAt = Instant.MIN;
      throw e;
    }
  }
}
