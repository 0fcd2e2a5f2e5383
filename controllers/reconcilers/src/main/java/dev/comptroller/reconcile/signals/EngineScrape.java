package dev.comptroller.reconcile.signals;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Scrapes `/metrics` of every ready replica, again and again.
///
/// At most 32 at once, each given 2 seconds and 4 MiB. A replica that does not answer, or whose
/// counters are missing or not numbers, yields no sample in that round: nothing is made up.
public final class EngineScrape implements EngineLoads, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EngineScrape.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int MAX_BYTES = 4 << 20;
  private static final int AT_ONCE = 32;

  private final FleetView view;
  private final Clock clock;
  private final Duration interval;
  private final BiConsumer<Pod, EngineSample> sink;
  private final Pages pages;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final Map<String, EngineLoad> loads = new ConcurrentHashMap<>();
  private @Nullable Future<?> loop;

  /// Takes whole pages of metrics.
  public interface Pages {
    /// A page that a replica showed.
    void page(Pod pod, Instant at, String text);
  }

  /// Scrapes the replicas in `view` every `interval` and hands every sample to `sink` and every
  /// page to `pages`.
  public EngineScrape(
      FleetView view,
      Clock clock,
      Duration interval,
      BiConsumer<Pod, EngineSample> sink,
      Pages pages) {
    this.view = view;
    this.clock = clock;
    this.interval = interval;
    this.sink = sink;
    this.pages = pages;
  }

  /// Begins to scrape; calling it again does nothing.
  public synchronized void start() {
    if (loop == null) {
      loop = threads.submit(this::run);
    }
  }

  @Override
  public Optional<EngineLoad> load(String uid) {
    return Optional.ofNullable(loads.get(uid));
  }

  /// Scrapes `pods` once beside the rounds, as far as there are free places, and does not wait.
  @Override
  public void look(List<Pod> pods) {
    var unused =
        threads.submit(
            () -> {
              for (Pod pod : pods) {
                Optional<String> address = PodFacts.address(pod);
                if (address.isPresent() && permits.tryAcquire()) {
                  release(pod, address.get());
                }
              }
            });
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.shutdownNow();
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        round();
        TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        LOG.warn("a round of scrapes failed; the next one follows in {}", interval, e);
      }
    }
  }

  /// Scrapes all ready replicas once.
  void round() throws InterruptedException {
    List<Future<?>> scrapes = new ArrayList<>();
    Set<String> uids = new HashSet<>();
    view.pods().forEach(pod -> uids.add(pod.getMetadata().getUid()));
    loads.keySet().retainAll(uids);
    for (Pod pod : view.pods()) {
      Optional<String> address = PodFacts.address(pod);
      if (PodFacts.isReplica(pod) && PodFacts.isReady(pod) && address.isPresent()) {
        permits.acquire();
        scrapes.add(threads.submit(() -> release(pod, address.get())));
      }
    }
    for (Future<?> scrape : scrapes) {
      try {
        scrape.get(3 * TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        scrape.cancel(true);
      } catch (ExecutionException e) {
        LOG.warn("a scrape failed", e);
      }
    }
  }

  private void release(Pod pod, String address) {
    try {
      Optional<String> text = scrape(address);
      if (text.isPresent()) {
        String uid = pod.getMetadata().getUid();
        EngineLoad.read(clock.instant(), text.get()).ifPresent(load -> loads.put(uid, load));
        sample(uid, text.get()).ifPresent(sample -> sink.accept(pod, sample));
        pages.page(pod, clock.instant(), text.get());
      }
    } catch (IOException e) {
      LOG.debug("no figures from {} at {}: {}", pod.getMetadata().getName(), address, e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      permits.release();
    }
  }

  /// What the replica at `address` shows, if it shows it whole.
  private Optional<String> scrape(String address) throws IOException, InterruptedException {
    String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + Names.RUNTIME_PORT + "/metrics"))
            .timeout(TIMEOUT)
            .header("Accept", "text/plain;version=0.0.4")
            .build();
    HttpResponse<InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(MAX_BYTES + 1);
      if (response.statusCode() != 200 || bytes.length > MAX_BYTES) {
        return Optional.empty();
      }
      return Optional.of(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private Optional<EngineSample> sample(String uid, String text) {
    OptionalLong prompt = Exposition.counter(text, "vllm:prompt_tokens_total");
    OptionalLong generation = Exposition.counter(text, "vllm:generation_tokens_total");
    return prompt.isPresent() && generation.isPresent()
        ? Optional.of(
            new EngineSample(uid, clock.instant(), prompt.getAsLong(), generation.getAsLong()))
        : Optional.empty();
  }
}
