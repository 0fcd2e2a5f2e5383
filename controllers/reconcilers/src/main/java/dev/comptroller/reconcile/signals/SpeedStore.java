package dev.comptroller.reconcile.signals;

import dev.comptroller.reconcile.archive.NamespaceArchive;
import dev.comptroller.reconcile.work.Work;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps what was learned of speeds in ConfigMaps `comptroller-speeds-<namespace>`, so that the
/// next process sizes as this one did.
///
/// One is written at most every 10 minutes and when the operator ends, and only if steps were seen
/// or a variant has changed since. It goes when nothing is known of its namespace any more: with
/// its last deployment.
public final class SpeedStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpeedStore.class);
  private static final NamespaceArchive.Terms TERMS =
      new NamespaceArchive.Terms(
          "speeds", Duration.ofMinutes(10), "the speeds in its namespace are learned anew");

  private final NamespaceArchive archive;
  private final Duration interval;
  private final Work<String> work = new Work<>("speeds", this::keep);
  private boolean loaded;

  /// The memory of `speeds` in namespace `home`, looked after every `interval`.
  public SpeedStore(
      Speeds speeds, KubernetesClient client, String home, Clock clock, Duration interval) {
    this.archive = new NamespaceArchive(client, home, clock, TERMS, new Books(speeds));
    this.interval = interval;
  }

  private record Books(Speeds speeds) implements NamespaceArchive.Books {
    @Override
    public Set<String> moved() {
      return speeds.moved();
    }

    @Override
    public boolean isEmpty(String namespace) {
      return speeds.isEmpty(namespace);
    }

    @Override
    public byte[] write(String namespace, Instant at, int most) {
      return new SpeedBook(at, speeds.memory(namespace)).write(most);
    }

    @Override
    public void unsaved(String namespace) {
      speeds.unsaved(namespace);
    }

    @Override
    public Instant read(String namespace, byte[] bytes) {
      SpeedBook book = SpeedBook.read(bytes);
      speeds.restore(namespace, book.deployments(), book.at());
      return book.at();
    }
  }

  /// Goes on from what was saved, before anybody asks, and begins to save.
  public void start() {
    try {
      look();
    } catch (KubernetesClientException e) {
      LOG.warn(
          "what was learned of speeds cannot be read, again in {}: {}", interval, e.toString());
    }
    work.addAfter(TERMS.component(), interval);
    work.start();
  }

  private void keep(String component) {
    look();
    work.addAfter(component, interval);
  }

  /// Saves what is due; the first time it goes on from what was saved.
  public synchronized void look() {
    if (!loaded) {
      archive.load();
      loaded = true;
    }
    archive.save();
  }

  @Override
  public void close() {
    work.close();
    try {
      saveAll();
    } catch (KubernetesClientException e) {
      LOG.warn("what was learned of speeds of late is not saved: {}", e.toString());
    }
  }

  private synchronized void saveAll() {
    if (loaded) {
      archive.saveAll();
    }
  }
}
