package dev.comptroller.reconcile.charges;

import dev.comptroller.reconcile.archive.NamespaceArchive;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Scrapes the admin port of every ready gateway of the installation, again and again.
///
/// Each is given 2 seconds and 8 MiB. A gateway that does not answer yields no sample in that
/// round: what is known stays. A process goes on from what the one before it saved ([ChargeStore],
/// [DemandStore]). Between the rounds, while requests may wait for a replica of a deployment that
/// has none, the gateways of the last round are glanced at: how many wait is known within a second.
public final class ChargeScrape implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChargeScrape.class);
  private static final Duration LAST_ROUND = Duration.ofSeconds(3);
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
  private final NamespaceArchive memory;
  private final Fleet fleet;
  private final Instant began;
  private final Admin admin;
  private List<Gateway> gateways = List.of();
  private boolean loaded;
  private @Nullable Thread loop;

  /// What a round has to know of the fleet.
  ///
  /// @param exists whether there is a deployment of that namespace and name
  /// @param asleep deployments without a ready replica that requests may wait for
  /// @param glance time between two glances while there are some
  public record Fleet(
      BiPredicate<String, String> exists, Supplier<Set<String>> asleep, Duration glance) {
    /// Every deployment exists, and none is without replicas.
    public static final Fleet AWAKE = new Fleet((_, _) -> true, Set::of, Duration.ofSeconds(1));
  }

  /// A process that answered in the last round.
  private record Gateway(String process, String host) {}

  /// The admin ports of gateways.
  public interface Admin {
    /// What the gateway at `host` answers to `path`; empty unless that is whole and good.
    Optional<String> get(String host, String path) throws IOException, InterruptedException;

    /// Ends what still runs.
    default void close() {}
  }

  /// Scrapes the gateways in namespace `home` every `interval` into `charges`, `queues` and
  /// `demands`.
  ///
  /// @param token file with the service-account token that gateways ask for
  public ChargeScrape(
      KubernetesClient client,
      String home,
      Clock clock,
      Duration interval,
      Charges charges,
      Queues queues,
      Demands demands,
      Fleet fleet,
      @Nullable Path token) {
    this(client, home, clock, interval, charges, queues, demands, fleet, new AdminPort(token));
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
      Fleet fleet,
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
    this.memory = DemandStore.of(demands, client, home, clock);
    this.fleet = fleet;
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
    Thread running = loop;
    if (running != null) {
      running.interrupt();
    }
    admin.close();
    if (running != null) {
      remember(running);
    }
  }

  /// Saves what was asked for since the last write, so that the next process is not blind.
  private void remember(Thread running) {
    try {
      if (running.join(LAST_ROUND) && loaded) {
        memory.saveAll();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (KubernetesClientException e) {
      LOG.debug("the latest demand is not saved: {}", e.getMessage());
    }
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        look();
        rest();
      } catch (InterruptedException _) {
        return;
      } catch (KubernetesClientException e) {
        LOG.debug("no charges, or none saved, in this round: {}", e.getMessage());
        if (pause()) {
          return;
        }
      } catch (RuntimeException e) {
        LOG.warn("a look at gateways failed; the next one follows in {}", interval, e);
        if (pause()) {
          return;
        }
      }
    }
  }

  /// Waits for the next round, and glances at gateways meanwhile if somebody may wait.
  private void rest() throws InterruptedException {
    long end = System.nanoTime() + interval.toNanos();
    for (long left = interval.toNanos(); left > 0; left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.sleep(Math.min(left, fleet.glance().toNanos()));
      if (end - System.nanoTime() > 0 && !fleet.asleep().get().isEmpty()) {
        glance();
      }
    }
  }

  /// Looks at the gateways of the last round for what waits and flows.
  public void glance() throws InterruptedException {
    for (Gateway gateway : gateways) {
      try {
        admin
            .get(gateway.host(), "/metrics")
            .ifPresent(text -> demands.glance(gateway.process(), clock.instant(), text));
      } catch (IOException e) {
        LOG.debug("no glance at {}: {}", gateway.host(), e.toString());
      }
    }
  }

  /// Waits for the next round without a glance; true if there is none.
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
      memory.load();
      loaded = true;
    }
    round();
    store.save(charges.book());
    memory.save();
  }

  private void round() throws InterruptedException {
    List<Pod> pods = client.pods().inNamespace(home).withLabels(GATEWAYS).list().getItems();
    Set<String> present = new HashSet<>();
    List<Gateway> ready = new ArrayList<>();
    for (Pod pod : pods) {
      present.add(process(pod));
      Optional<String> address = PodFacts.address(pod);
      if (PodFacts.isReady(pod) && address.isPresent()) {
        String host = host(address.get());
        ready.add(new Gateway(process(pod), host));
        scrape(pod, host);
      }
    }
    charges.retain(present);
    queues.retain(present);
    demands.retain(present);
    demands.keep(fleet.exists());
    gateways = List.copyOf(ready);
  }

  private static String host(String address) {
    return address.indexOf(':') >= 0 ? "[" + address + "]" : address;
  }

  private void scrape(Pod pod, String host) throws InterruptedException {
    String process = process(pod);
    try {
      Optional<String> metrics = admin.get(host, "/metrics");
      if (metrics.isPresent()) {
        charges.add(process, ChargeSample.read(metrics.get()), isFresh(pod));
        demands.add(process, clock.instant(), metrics.get(), isFresh(pod));
      }
      Optional<String> queue = admin.get(host, "/queue");
      if (queue.isPresent()) {
        queues.put(process, clock.instant(), queue.get());
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
