package dev.comptroller.reconcile.charges;

import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Scrapes the admin port of every ready gateway of the installation, again and again.
///
/// Each is given 2 seconds and 8 MiB. A gateway that does not answer yields no sample in that
/// round: what is known stays.
public final class ChargeScrape implements AutoCloseable {
  /// The admin port of a gateway.
  static final int ADMIN_PORT = 9090;

  private static final Logger LOG = LoggerFactory.getLogger(ChargeScrape.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int MAX_BYTES = 8 << 20;
  private static final Map<String, String> GATEWAYS =
      Map.of("app.kubernetes.io/part-of", "comptroller", "app.kubernetes.io/component", "gateway");

  private final KubernetesClient client;
  private final String home;
  private final Clock clock;
  private final Duration interval;
  private final Charges charges;
  private final Queues queues;
  private final Demands demands;
  private final Instant began;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private @Nullable Thread loop;

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
    this.client = client;
    this.home = home;
    this.clock = clock;
    this.interval = interval;
    this.charges = charges;
    this.queues = queues;
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
    http.shutdownNow();
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        round();
        TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      } catch (InterruptedException _) {
        return;
      } catch (KubernetesClientException e) {
        LOG.debug("gateways are not known in this round: {}", e.getMessage());
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

  private void round() throws InterruptedException {
    List<Pod> pods = client.pods().inNamespace(home).withLabels(GATEWAYS).list().getItems();
    Set<String> present = new HashSet<>();
    for (Pod pod : pods) {
      present.add(pod.getMetadata().getUid());
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
    String uid = pod.getMetadata().getUid();
    try {
      Optional<String> metrics = get(host, "/metrics");
      if (metrics.isPresent()) {
        charges.add(uid, ChargeSample.read(metrics.get()), isFresh(pod));
        demands.add(uid, clock.instant(), metrics.get(), isFresh(pod));
      }
      Optional<String> queue = get(host, "/queue");
      if (queue.isPresent()) {
        queues.put(uid, queue.get());
      }
    } catch (IOException | DateTimeException e) {
      LOG.debug("no charges from {} at {}: {}", pod.getMetadata().getName(), host, e.toString());
    }
  }

  /// What the gateway at `host` answers on its admin port; nothing unless that is whole and good.
  private Optional<String> get(String host, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + ADMIN_PORT + path))
            .timeout(TIMEOUT)
            .header("Accept", "text/plain;version=0.0.4, application/json;q=0.9")
            .build();
    HttpResponse<InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(MAX_BYTES + 1);
      return response.statusCode() == 200 && bytes.length <= MAX_BYTES
          ? Optional.of(new String(bytes, StandardCharsets.UTF_8))
          : Optional.empty();
    }
  }

  /// Whether the gateway of `pod` counts from after the beginning of this process.
  private boolean isFresh(Pod pod) {
    return PodFacts.instant(pod.getMetadata().getCreationTimestamp())
        .filter(at -> at.isAfter(began) && !at.isAfter(clock.instant()))
        .isPresent();
  }
}
