package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What one operator learned of a replica's speed is known to the next, on a real API server and
/// with no more rights than the operator has.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SpeedsIntegrationTest {
  private static final String ADDRESS = "127.77.14.1";

  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");
  private final String namespace = cluster.namespace("team");

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldKnowAfterARestartWhatWasLearnedUntilTheVariantIsEdited() throws IOException {
    cluster.pool("fast", "98.32");
    cluster.node("fast-a", "fast");
    cluster.deployment(namespace, "chat", "fast", 1);
    HttpServer engine = engine();
    try (RunningOperator first = new RunningOperator(cluster, home)) {
      cluster.run(await().until(this::replica, Optional::isPresent).orElseThrow(), ADDRESS);
      await().until(() -> samples(first) > 4);
    } finally {
      engine.stop(0);
    }
    try (RunningOperator second = new RunningOperator(cluster, home)) {
      assertThat(samples(second)).as("while no replica answers").isGreaterThan(4);
      assertThat(memories()).containsExactly("comptroller-speeds-" + namespace);
      cluster
          .client
          .resources(ModelDeployment.class)
          .inNamespace(namespace)
          .withName("chat")
          .patch(
              PatchContext.of(PatchType.JSON),
              """
              [{"op": "replace", "path": "/spec/variants/0/model/uri",
                "value": "pvc://models/larger.gguf"}]
              """);
      await().until(() -> samples(second) == 0);
      await().until(() -> memories().isEmpty());
    }
  }

  /// An engine whose steps of ten sequences take 20 ms.
  private static HttpServer engine() throws IOException {
    long began = System.nanoTime();
    HttpServer engine = HttpServer.create(new InetSocketAddress(ADDRESS, 8000), 0);
    engine.createContext(
        "/metrics",
        exchange -> {
          long steps = (System.nanoTime() - began) / 20_000_000;
          byte[] counters =
              """
              vllm:num_requests_running 10
              vllm:prompt_tokens_total %1$d0
              vllm:generation_tokens_total %1$d0
              comptroller_step_tokens_count %1$d
              comptroller_step_tokens_sum %1$d0
              comptroller_step_root_sequences_total %2$s
              comptroller_step_kv_tokens_total %1$d000
              comptroller_step_seconds_total %3$s
              """
                  .formatted(steps, Math.sqrt(10) * steps, 0.02 * steps)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, counters.length);
          exchange.getResponseBody().write(counters);
          exchange.close();
        });
    engine.start();
    return engine;
  }

  private Optional<Pod> replica() {
    return cluster.pods(namespace, "chat").stream().findFirst();
  }

  /// Steps that were learned from, as the metrics show them; 0 if nothing is known.
  private double samples(RunningOperator operator) {
    Double samples =
        operator.registry.getSampleValue(
            "comptroller_capacity_samples",
            new String[] {"namespace", "deployment", "variant"},
            new String[] {namespace, "chat", "large"});
    return samples == null ? 0 : samples;
  }

  private List<String> memories() {
    return cluster
        .client
        .configMaps()
        .inNamespace(home)
        .withLabel("app.kubernetes.io/component", "speeds")
        .list()
        .getItems()
        .stream()
        .map(map -> map.getMetadata().getName())
        .toList();
  }
}
