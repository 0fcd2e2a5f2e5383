package dev.comptroller.reconcile.archive;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a book of each namespace in ConfigMap `comptroller-<component>-<namespace>` of the
/// installation's namespace.
///
/// One is written at most once a quantum, and only if there is something new: at rest nothing is
/// written. It goes when there is nothing left of its namespace. One that cannot be read is
/// reported and begun anew. One thread.
public final class NamespaceArchive {
  private static final Logger LOG = LoggerFactory.getLogger(NamespaceArchive.class);

  private final Archive archive;
  private final Terms terms;
  private final Books books;
  private final Clock clock;
  private final Map<String, Kept> kept = new HashMap<>();

  /// How books are kept.
  ///
  /// @param component in the names and labels of the ConfigMaps; their key is
  ///     `<component>.json.gz`
  /// @param quantum the shortest time between two writes for one namespace
  /// @param lost what is said to happen to a namespace whose book cannot be read
  public record Terms(String component, Duration quantum, String lost) {
    String prefix() {
      return "comptroller-" + component + "-";
    }

    String key() {
      return component + ".json.gz";
    }
  }

  /// What is written in the books.
  public interface Books {
    /// Namespaces of which there is something new.
    Set<String> moved();

    /// Whether nothing is left of `namespace`.
    boolean isEmpty(String namespace);

    /// The book of `namespace`, written at `at`, in `most` bytes if that can be; what is in it is
    /// not new any more.
    byte[] write(String namespace, Instant at, int most);

    /// Takes back that what was last written of `namespace` is not new: it was not saved.
    void unsaved(String namespace);

    /// Goes on from the book of `namespace`; gives when it was written.
    ///
    /// @throws IllegalArgumentException if it is none; then nothing of it is taken up
    Instant read(String namespace, byte[] bytes);
  }

  /// What is known of a ConfigMap.
  ///
  /// @param version absent if it does not exist
  private record Kept(@Nullable String version, Instant at) {}

  /// The `books` kept in namespace `home` on these `terms`.
  public NamespaceArchive(
      KubernetesClient client, String home, Clock clock, Terms terms, Books books) {
    this.archive = new Archive(client, home, terms.component(), terms.key());
    this.clock = clock;
    this.terms = terms;
    this.books = books;
  }

  /// Goes on from what was saved.
  public void load() {
    for (ConfigMap map : archive.list()) {
      String name = map.getMetadata().getName();
      if (name.startsWith(terms.prefix())) {
        String namespace = name.substring(terms.prefix().length());
        kept.put(namespace, new Kept(map.getMetadata().getResourceVersion(), read(namespace, map)));
      }
    }
  }

  private Instant read(String namespace, ConfigMap map) {
    try {
      return books.read(namespace, archive.bytes(map));
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "ConfigMap {}, key {}: {}; {}",
          map.getMetadata().getName(),
          terms.key(),
          e.getMessage(),
          terms.lost());
      return Instant.MIN;
    }
  }

  /// Saves what is due; what cannot be saved of one namespace is told after all others are.
  public void save() {
    Instant now = clock.instant();
    Failures failures = new Failures();
    for (String namespace : books.moved()) {
      Kept last = kept.get(namespace);
      if (last == null || isDue(last, now)) {
        failures.of(() -> save(namespace, now));
      }
    }
    for (String namespace : Set.copyOf(kept.keySet())) {
      if (books.isEmpty(namespace)) {
        failures.of(() -> delete(namespace));
      }
    }
    failures.tell();
  }

  /// Saves everything that is new, due or not: the process ends.
  public void saveAll() {
    Instant now = clock.instant();
    Failures failures = new Failures();
    books.moved().forEach(namespace -> failures.of(() -> save(namespace, now)));
    failures.tell();
  }

  /// What the API server refused, kept until everything was tried.
  private static final class Failures {
    private @Nullable KubernetesClientException first;

    void of(Runnable act) {
      try {
        act.run();
      } catch (KubernetesClientException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }

    void tell() {
      if (first != null) {
        throw first;
      }
    }
  }

  private void delete(String namespace) {
    archive.delete(terms.prefix() + namespace);
    kept.remove(namespace);
  }

  private boolean isDue(Kept last, Instant now) {
    return now.isBefore(last.at())
        || last.at().equals(Instant.MIN)
        || !now.isBefore(last.at().plus(terms.quantum()));
  }

  private void save(String namespace, Instant now) {
    byte[] bytes = books.write(namespace, now, Archive.MAX_BYTES);
    Kept last = kept.get(namespace);
    @Nullable String version = last == null ? null : last.version();
    if (books.isEmpty(namespace)) {
      return;
    }
    if (bytes.length > Archive.MAX_BYTES) {
      LOG.warn(
          "{} bytes of {} of {} are not saved: {} is the most",
          bytes.length,
          terms.component(),
          namespace,
          Archive.MAX_BYTES);
      books.unsaved(namespace);
      kept.put(namespace, new Kept(version, now));
      return;
    }
    try {
      kept.put(namespace, new Kept(archive.write(terms.prefix() + namespace, bytes, version), now));
    } catch (KubernetesClientException e) {
      books.unsaved(namespace);
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        // A write whose answer was lost: the next one is tried over what is there.
        kept.put(namespace, new Kept(archive.version(terms.prefix() + namespace), Instant.MIN));
      }
      throw e;
    }
  }
}
