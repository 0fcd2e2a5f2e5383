package dev.comptroller.reconcile.charges;

import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Scrapes the admin port of every ready gateway of the installation, again and again.
///
/// Each is given 2 seconds and 8 MiB. A gateway that does not answer yields no sample in that
/// round: what is known stays. A process goes on from what the one before it saved ([ChargeStore]).
public final class ChargeScrape implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChargeScrape.class);
  private static final Map<String, String> GATEWAYS =
      Map.of("app.kubernetes.io/part-of", "comptroller", "app.kubernetes.io/component", "gateway");

  private final KubernetesClient client;
  private final String home;
  private final Clock clock;
  private final Duration interval;
  private final Charges charges;
  private final Queues queues;
  private final ChargeStore store;
  private final Demands demands;
  private final Instant began;
  private final Admin admin;
  private boolean loaded;
  private @Nullable Thread loop;

  /// The admin ports of gateways.
  public interface Admin {
    /// What the gateway at `host` answers to `path`; empty unless that is whole and good.
    Optional<String> get(String host, String path) throws IOException, InterruptedException;

    /// Ends what still runs.
    default void close() {}
  }

  /// Scrapes the gateways in namespace `home` every `interval` into `charges`, `queues` and
  /// `demands`.
  public ChargeScrape(
      KubernetesClient client,
      String home,
      Clock clock,
      Duration interval,
      Charges charges,
      Queues queues,
      Demands demands) {
    this(client, home, clock, interval, charges, queues, demands, new AdminPort());
  }

  /// The same through `admin`.
  public ChargeScrape(
      KubernetesClient client,
      String home,
      Clock clock,
      Duration interval,
      Charges charges,
      Queues queues,
      Demands demands,
      Admin admin) {
    this.admin = admin;
    this.client = client;
    this.home = home;
    this.clock = clock;
    this.interval = interval;
    this.charges = charges;
    this.queues = queues;
    this.store = new ChargeStore(client, home, clock);
    this.demands = demands;
    this.began = clock.instant();
  }

  /// Begins to scrape; calling it again does nothing.
  public synchronized void start() {
    if (loop == null) {
      loop = Thread.ofVirtual().name("comptroller-charges").start(this::run);
    }
  }

  @Override
  public synchronized void close() {
    if (loop != null) {
      loop.interrupt();
    }
    admin.close();
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        look();
        TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      } catch (InterruptedException _) {
        return;
      } catch (KubernetesClientException e) {
        LOG.debug("no charges, or none saved, in this round: {}", e.getMessage());
        if (pause()) {
          return;
        }
      }
    }
  }

  /// Waits for the next round; true if there is none.
  private boolean pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      return false;
    } catch (InterruptedException _) {
      return true;
    }
  }

  /// Looks at every gateway once, and saves what is due.
  public void look() throws InterruptedException {
    if (!loaded) {
      store.load().ifPresent(charges::restore);
      loaded = true;
    }
    round();
    store.save(charges.book());
  }

  private void round() throws InterruptedException {
    List<Pod> pods = client.pods().inNamespace(home).withLabels(GATEWAYS).list().getItems();
    Set<String> present = new HashSet<>();
    for (Pod pod : pods) {
      present.add(process(pod));
      Optional<String> address = PodFacts.address(pod);
      if (PodFacts.isReady(pod) && address.isPresent()) {
        scrape(pod, address.get());
      }
    }
    charges.retain(present);
    queues.retain(present);
    demands.retain(present);
  }

  private void scrape(Pod pod, String address) throws InterruptedException {
    String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
    String process = process(pod);
    try {
      Optional<String> metrics = admin.get(host, "/metrics");
      if (metrics.isPresent()) {
        charges.add(process, ChargeSample.read(metrics.get()), isFresh(pod));
        demands.add(process, clock.instant(), metrics.get(), isFresh(pod));
      }
      Optional<String> queue = admin.get(host, "/queue");
      if (queue.isPresent()) {
        queues.put(process, queue.get());
      }
    } catch (IOException | DateTimeException e) {
      LOG.debug("no charges from {} at {}: {}", pod.getMetadata().getName(), host, e.toString());
    }
  }

  /// Names the process of a gateway: a container that starts anew counts from zero.
  private static String process(Pod pod) {
    return pod.getMetadata().getUid() + startedAt(pod).map(at -> "@" + at).orElse("");
  }

  private static Optional<String> startedAt(Pod pod) {
    if (pod.getStatus() == null || pod.getStatus().getContainerStatuses() == null) {
      return Optional.empty();
    }
    return pod.getStatus().getContainerStatuses().stream()
        .filter(status -> status.getState() != null && status.getState().getRunning() != null)
        .map(status -> status.getState().getRunning().getStartedAt())
        .filter(Objects::nonNull)
        .findFirst();
  }

  /// Whether the gateway of `pod` counts from after the beginning of this process.
  private boolean isFresh(Pod pod) {
    return PodFacts.instant(startedAt(pod).orElse(pod.getMetadata().getCreationTimestamp()))
        .filter(at -> at.isAfter(began) && !at.isAfter(clock.instant()))
        .isPresent();
  }
}
