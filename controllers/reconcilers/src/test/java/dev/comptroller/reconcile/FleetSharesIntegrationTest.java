package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.scale.ScalePolicy.Pace;
import dev.comptroller.reconcile.budget.LoopSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Two deployments of different priority on one pool that is too small for both, and then is not.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FleetSharesIntegrationTest {
  private static final LoopSettings QUICK =
      new LoopSettings(
          LoopSettings.DEFAULT.leaving(),
          LoopSettings.DEFAULT.transition(),
          LoopSettings.DEFAULT.dwell(),
          LoopSettings.DEFAULT.stale(),
          Duration.ofSeconds(1),
          LoopSettings.WAKE,
          new Pace(
              Duration.ofSeconds(3),
              Duration.ofSeconds(3),
              Duration.ofSeconds(1),
              Duration.ofSeconds(3)));

  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");
  private final Map<String, String> addresses = new HashMap<>();

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void shouldServeTheImportantOneFirstAndBothOnceThePoolGrows() throws IOException {
    String low = cluster.namespace("team-a");
    String high = cluster.namespace("team-b");
    cluster.pool("shared", "32.00");
    cluster.node("shared-a", "shared");
    HttpServer gateway = gateway(low, high);
    try (RunningOperator _ = new RunningOperator(cluster, home, QUICK, Clock.systemUTC())) {
      deployment(low, "search", 0, 0, 4);
      runs(low, "search", 4);
      assertThat(autoscaling(low, "search").reason()).isNotEqualTo("Shared");

      deployment(high, "chat", 100, 1, 6);
      runs(high, "chat", 6);
      runs(low, "search", 2);
      await()
          .untilAsserted(
              () -> {
                assertThat(autoscaling(low, "search").message())
                    .isEqualTo(
                        ("2 x q4 instead of 4: pool shared has 8 GPUs; %s/chat (priority 100)"
                                + " holds 6; gap 0.0 %%")
                            .formatted(high));
                assertThat(autoscaling(low, "search").reason()).isEqualTo("Shared");
                Condition capacity = condition(low, "search", "CapacityAvailable");
                assertThat(capacity.status()).isEqualTo("False");
                assertThat(capacity.reason()).isEqualTo("PoolShared");
              });
      assertThat(Objects.requireNonNull(autoscaling(high, "chat").floor()).message())
          .isEqualTo("the floor of 1 costs $4.00/h, $0.00/h of it beyond demand");
      assertThat(condition(high, "chat", "CapacityAvailable").status()).isEqualTo("True");

      cluster.node("shared-b", "shared");
      runs(low, "search", 4);
      runs(high, "chat", 6);
      await()
          .untilAsserted(
              () -> {
                assertThat(autoscaling(low, "search").reason()).isNotEqualTo("Shared");
                assertThat(condition(low, "search", "CapacityAvailable").status())
                    .isEqualTo("True");
              });
    } finally {
      gateway.stop(0);
    }
  }

  private void deployment(String namespace, String name, int priority, int fewest, int most) {
    cluster.models(namespace);
    cluster.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: ModelDeployment
        metadata: {name: %s, namespace: %s}
        spec:
          priority: %d
          scaling: {minReplicas: %d, maxReplicas: %d}
          variants:
          - name: q4
            model: {uri: "pvc://models/q4.gguf", parameters: 1B, quantization: Q4_K_M}
            gpus: 1
            pool: shared
            quality: 60
            throughput: {tokensPerSecond: 1000}
            targetUtilization: 100
        """
            .formatted(name, namespace, priority, fewest, most));
  }

  /// A gateway that tells of 3,700 tokens a second for search and 5,700 for chat.
  private HttpServer gateway(String low, String high) throws IOException {
    String address = "127.77.12.1";
    long began = System.nanoTime();
    HttpServer server = HttpServer.create(new InetSocketAddress(address, 9090), 0);
    server.createContext(
        "/metrics",
        exchange -> {
          double seconds = (System.nanoTime() - began) / 1e9;
          byte[] bytes =
              (counters(low, "search", seconds * 3_700) + counters(high, "chat", seconds * 5_700))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: gateway
          namespace: %s
          labels: {app.kubernetes.io/part-of: comptroller, app.kubernetes.io/component: gateway}
        spec: {containers: [{name: gateway, image: "gateway:test"}]}
        """
            .formatted(home));
    cluster.run(cluster.client.pods().inNamespace(home).withName("gateway").get(), address);
    return server;
  }

  private static String counters(String namespace, String name, double tokens) {
    String labels = "namespace=\"%s\",deployment=\"%s\",".formatted(namespace, name);
    return """
        comptroller_gateway_requests_total{%1$scode="200",} %2$d.0
        comptroller_gateway_tokens_total{%1$sclass="input",} %3$d.0
        comptroller_gateway_tokens_total{%1$sclass="output",} 0.0
        """
        .formatted(labels, (long) tokens / 1_000, (long) tokens);
  }

  /// Waits until as many replicas are asked for and run, doing what nodes do meanwhile.
  private void runs(String namespace, String name, int replicas) {
    await()
        .atMost(Duration.ofSeconds(90))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              pretend();
              Deployment made =
                  cluster
                      .client
                      .apps()
                      .deployments()
                      .inNamespace(namespace)
                      .withName(name + "-q4")
                      .get();
              assertThat(made.getSpec().getReplicas()).isEqualTo(replicas);
              List<Pod> pods = cluster.pods(namespace, name);
              assertThat(pods)
                  .hasSize(replicas)
                  .allMatch(pod -> "Running".equals(pod.getStatus().getPhase()));
            });
  }

  private void pretend() {
    for (Pod pod : cluster.client.pods().inAnyNamespace().list().getItems()) {
      boolean replica = !"gateway".equals(pod.getMetadata().getName());
      if (pod.getMetadata().getDeletionTimestamp() != null) {
        if ("Running".equals(pod.getStatus().getPhase())) {
          cluster.finish(pod, Instant.now());
        }
        cluster.release(pod);
      } else if (replica
          && pod.getSpec().getNodeName() != null
          && "Pending".equals(pod.getStatus().getPhase())) {
        cluster.run(
            pod,
            addresses.computeIfAbsent(
                pod.getMetadata().getUid(), _ -> "127.77.13." + (1 + addresses.size())));
      }
    }
  }

  private ModelDeploymentStatus status(String namespace, String name) {
    return Objects.requireNonNull(
        cluster
            .client
            .resources(ModelDeployment.class)
            .inNamespace(namespace)
            .withName(name)
            .get()
            .getStatus());
  }

  private ModelDeploymentStatus.Autoscaling autoscaling(String namespace, String name) {
    return Objects.requireNonNull(status(namespace, name).autoscaling());
  }

  private Condition condition(String namespace, String name, String type) {
    return status(namespace, name).conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElseThrow();
  }
}
