package dev.comptroller.reconcile.signals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.desired.VllmContainer;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Sends the first requests to new replicas: real completions, so that what is slow or broken at
/// the first request is found before a client sends it.
///
/// Each replica is asked on a virtual thread of its own, at most 16 at once, 60 seconds a
/// request. A replica is warm when three requests in a row were answered; it failed when three
/// tries were not. The outcome holds for one start of its containers: a vLLM that started again
/// behind the same runtime is as cold as a new replica.
public final class Warmer implements FirstRequests, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int REQUESTS = 3;
  private static final int TRIES = 3;
  private static final int MAX_BYTES = 1 << 20;
  private static final Set<String> SERVING = Set.of(Names.RUNTIME_CONTAINER, VllmContainer.NAME);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FleetView view;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore permits = new Semaphore(16);
  private final Map<Start, Outcome> outcomes = new ConcurrentHashMap<>();

  /// One start of what serves in a pod.
  ///
  /// @param uid uid of the pod
  /// @param startedAt when each of its containers started, by name
  record Start(String uid, SortedMap<String, String> startedAt) {}

  /// What came of it.
  public sealed interface Outcome {
    /// It is being asked.
    record Asking() implements Outcome {}

    /// It answered.
    ///
    /// @param lastMillis how long the last answer took
    record Warm(long lastMillis) implements Outcome {}

    /// It did not.
    ///
    /// @param message what it said instead
    record Failed(String message) implements Outcome {}
  }

  /// A warmer that forgets the pods that leave `view`.
  public Warmer(FleetView view) {
    this.view = view;
  }

  @Override
  public Optional<Outcome> outcome(Pod pod) {
    return start(pod).map(outcomes::get);
  }

  @Override
  public void warm(Pod pod, String model, Runnable done) {
    Optional<Start> start = start(pod);
    Optional<String> address = PodFacts.address(pod);
    if (start.isEmpty() || address.isEmpty()) {
      return;
    }
    forget();
    if (outcomes.putIfAbsent(start.get(), new Outcome.Asking()) != null) {
      return;
    }
    var unused =
        threads.submit(
            () -> {
              try {
                permits.acquire();
                try {
                  outcomes.put(start.get(), ask(address.get(), model));
                } finally {
                  permits.release();
                }
                done.run();
              } catch (InterruptedException _) {
                outcomes.remove(start.get());
                Thread.currentThread().interrupt();
              }
            });
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.shutdownNow();
  }

  private void forget() {
    Set<String> uids = new HashSet<>();
    view.pods().forEach(pod -> uids.add(pod.getMetadata().getUid()));
    outcomes.keySet().removeIf(start -> !uids.contains(start.uid()));
  }

  private Outcome ask(String address, String model) throws InterruptedException {
    String problem = "";
    int answered = 0;
    long millis = 0;
    for (int failed = 0; failed < TRIES; ) {
      long began = System.nanoTime();
      try {
        problem = complaint(address, model);
      } catch (IOException e) {
        problem = e.toString();
      }
      if (problem.isEmpty()) {
        millis = (System.nanoTime() - began) / 1_000_000;
        if (++answered == REQUESTS) {
          return new Outcome.Warm(millis);
        }
      } else {
        answered = 0;
        failed++;
        TimeUnit.SECONDS.sleep(1);
      }
    }
    return new Outcome.Failed("%d first requests failed: %s".formatted(TRIES, problem));
  }

  /// What is wrong with the answer; empty if nothing is.
  private String complaint(String address, String model) throws IOException, InterruptedException {
    String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
    String body =
        JSON.createObjectNode()
            .put("model", model)
            .put("prompt", "The first words are")
            .put("max_tokens", 4)
            .put("temperature", 0)
            .toString();
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://%s:%d/v1/completions".formatted(host, Names.RUNTIME_PORT)))
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<InputStream> response =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream in = response.body()) {
      byte[] bytes = in.readNBytes(MAX_BYTES);
      if (response.statusCode() != 200) {
        return "status %d".formatted(response.statusCode());
      }
      JsonNode answer = JSON.readTree(bytes);
      long tokens = answer.path("usage").path("completion_tokens").asLong();
      boolean whole = answer.path("choices").isArray() && !answer.path("choices").isEmpty();
      return whole && tokens > 0 ? "" : "an answer of %d tokens".formatted(tokens);
    }
  }

  /// The start of what serves in the pod now; absent unless all of it runs.
  static Optional<Start> start(Pod pod) {
    SortedMap<String, String> startedAt = new TreeMap<>();
    for (ContainerStatus container : PodFacts.containers(pod)) {
      if (SERVING.contains(container.getName())) {
        if (container.getState() == null || container.getState().getRunning() == null) {
          return Optional.empty();
        }
        startedAt.put(
            container.getName(), String.valueOf(container.getState().getRunning().getStartedAt()));
      }
    }
    return startedAt.containsKey(Names.RUNTIME_CONTAINER)
        ? Optional.of(new Start(pod.getMetadata().getUid(), startedAt))
        : Optional.empty();
  }
}
