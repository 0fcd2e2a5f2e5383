package dev.comptroller.reconcile.posting;

import dev.comptroller.reconcile.archive.NamespaceArchive;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is remembered of posted prices, in ConfigMaps `comptroller-posted-prices-<namespace>`.
///
/// A new version and the end of an hour are saved at once, so before they are posted; what was
/// served and what that cost, at most every [#QUANTUM], and only if something was served. One stays
/// when its namespace has no deployment any more, with how far versions went: the ledger, which
/// keeps them, is for ever.
public final class PostedStore implements AutoCloseable {
  /// The shortest time between two writes without a new version.
  public static final Duration QUANTUM = Duration.ofMinutes(5);

  private static final Logger LOG = LoggerFactory.getLogger(PostedStore.class);
  private static final NamespaceArchive.Terms TERMS =
      new NamespaceArchive.Terms(
          "posted-prices",
          QUANTUM,
          "prices that are not in the routing table begin anew, with versions above all before");

  private final PostedPrices prices;
  private final NamespaceArchive archive;
  private boolean loaded;

  /// The memory of `prices` in namespace `home`.
  public PostedStore(PostedPrices prices, KubernetesClient client, String home, Clock clock) {
    this.prices = prices;
    this.archive = new NamespaceArchive(client, home, clock, TERMS, new Books(prices, clock));
  }

  private record Books(PostedPrices prices, Clock clock) implements NamespaceArchive.Books {
    @Override
    public Set<String> moved() {
      return prices.moved();
    }

    @Override
    public boolean isEmpty(String namespace) {
      return prices.isEmpty(namespace);
    }

    @Override
    public byte[] write(String namespace, Instant at, int most) {
      PostedBook book = prices.book(namespace, at);
      byte[] bytes = book.write();
      return bytes.length <= most ? bytes : book.withoutReplicas().write();
    }

    @Override
    public void unsaved(String namespace) {
      prices.unsaved(namespace);
    }

    @Override
    public Instant read(String namespace, byte[] bytes) {
      try {
        PostedBook book = PostedBook.read(bytes);
        prices.restore(namespace, book);
        return book.at();
      } catch (IllegalArgumentException e) {
        prices.lost(namespace, clock.instant());
        throw e;
      }
    }
  }

  /// Goes on from what was saved; calling it again does nothing.
  public synchronized void load() {
    if (!loaded) {
      archive.load();
      loaded = true;
    }
  }

  /// Saves what is due: everything that is new if there is a new version in it.
  public synchronized void save() {
    if (prices.urgent().isEmpty()) {
      archive.save();
    } else {
      archive.saveAll();
    }
  }

  /// Whether something is not saved.
  public boolean isUnsaved() {
    return !prices.moved().isEmpty();
  }

  @Override
  public synchronized void close() {
    if (loaded) {
      try {
        archive.saveAll();
      } catch (KubernetesClientException e) {
        LOG.warn("what was served of late is not saved for prices: {}", e.toString());
      }
    }
  }
}
