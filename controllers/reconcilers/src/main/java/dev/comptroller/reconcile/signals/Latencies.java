package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.latency.Histogram;
import dev.comptroller.decide.latency.LatencySample;
import dev.comptroller.decide.latency.LatencyWindow;
import dev.comptroller.decide.latency.SloCount;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/// How many requests of every deployment kept the promised latency over its window, in memory.
///
/// After a restart, and when the promise changes, a window begins anew. Thread-safe.
public final class Latencies {
  /// The age at which the last sample no longer counts.
  private static final Duration STALE = Duration.ofSeconds(60);

  private static final String FIRST = "vllm:time_to_first_token_seconds";

  /// By answer where the engine counts so, else token by token.
  private static final List<String> PACES =
      List.of(
          "vllm:request_time_per_output_token_seconds",
          "vllm:inter_token_latency_seconds",
          "vllm:time_per_output_token_seconds");

  private final Map<Key, LatencyWindow> windows = new HashMap<>();

  private record Key(String namespace, String deployment) {}

  /// Takes in what a replica of a deployment exports; nothing if latencies are missing.
  ///
  /// @param uid of its pod
  public void add(
      String namespace,
      String deployment,
      String uid,
      Instant at,
      String text,
      Slo slo,
      Duration window) {
    Optional<Histogram> first = Exposition.histogram(text, FIRST);
    Optional<Histogram> pace =
        PACES.stream().flatMap(name -> Exposition.histogram(text, name).stream()).findFirst();
    if (first.isEmpty() || pace.isEmpty()) {
      return;
    }
    LatencySample sample = new LatencySample(uid, at, first.get(), pace.get());
    synchronized (this) {
      windows
          .compute(
              new Key(namespace, deployment),
              (_, known) ->
                  known != null && known.isFor(slo, window)
                      ? known
                      : new LatencyWindow(slo, window))
          .add(sample);
    }
  }

  /// What came within a deployment's window; absent if no sample is fresh.
  ///
  /// @param running whether it has replicas that should show figures
  public synchronized Optional<SloCount> count(
      String namespace, String deployment, boolean running, Instant now) {
    LatencyWindow window = windows.get(new Key(namespace, deployment));
    if (window == null) {
      return running ? Optional.empty() : Optional.of(SloCount.NONE);
    }
    return running && !window.isFresh(now, STALE)
        ? Optional.empty()
        : Optional.of(window.count(now));
  }

  /// Forgets the deployments that `exists` does not know by namespace and name.
  public synchronized void retain(BiPredicate<String, String> exists) {
    windows.keySet().removeIf(key -> !exists.test(key.namespace(), key.deployment()));
  }
}
