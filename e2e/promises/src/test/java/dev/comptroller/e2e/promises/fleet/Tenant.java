package dev.comptroller.e2e.promises.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.e2e.fleet.Kubectl;
import dev.comptroller.e2e.fleet.LocalFleet;
import dev.comptroller.e2e.fleet.Traffic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/// A namespace of its own with a budget, a claim for models and one deployment of a tiny model.
public final class Tenant implements AutoCloseable {
  /// How long anything may take to come true.
  public static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final BigDecimal NODE_HOUR_MICROS = BigDecimal.valueOf(19_000_000);
  private static final int GPUS_PER_NODE = 8;

  private final LocalFleet fleet;
  private final String namespace;

  private Tenant(LocalFleet fleet, String namespace) {
    this.fleet = fleet;
    this.namespace = namespace;
  }

  /// Creates the pool, the namespace, its claim and its budget.
  public static Tenant create(LocalFleet fleet, String namespace) {
    Tenant tenant = new Tenant(fleet, namespace);
    Path pool = fleet.repository().root().resolve("samples/10-pool.yaml");
    tenant.kubectl().run("apply", "-f", pool.toString());
    fleet.createNamespace(namespace);
    tenant.kubectl().apply(BUDGET.replace("NAMESPACE", namespace));
    return tenant;
  }

  /// The administrator's kubectl.
  public Kubectl kubectl() {
    return fleet.kubectl();
  }

  /// Name of the namespace.
  public String namespace() {
    return namespace;
  }

  /// Applies a deployment `tiny` with these replicas and batching limits.
  public void deploy(
      int replicas, int gpus, int maxSequences, int maxBatchedTokens, int maxQueued) {
    kubectl()
        .apply(
            DEPLOYMENT
                .replace("NAMESPACE", namespace)
                .replace("REPLICAS", Integer.toString(replicas))
                .replace("GPUS", Integer.toString(gpus))
                .replace("SEQUENCES", Integer.toString(maxSequences))
                .replace("BATCHED", Integer.toString(maxBatchedTokens))
                .replace("QUEUED", Integer.toString(maxQueued)));
  }

  /// Sets the number of replicas through the scale subresource, as `kubectl scale` does.
  public void scale(int replicas) {
    kubectl().run("-n", namespace, "scale", "modeldeployment/tiny", "--replicas=" + replicas);
  }

  /// The deployment as stored.
  public JsonNode deployment() {
    return kubectl().json("-n", namespace, "get", "modeldeployment", "tiny");
  }

  /// The budget as stored.
  public JsonNode budget() {
    return kubectl().json("-n", namespace, "get", "inferencebudget", "budget");
  }

  /// Pods that serve.
  public List<JsonNode> pods() {
    JsonNode list =
        kubectl().json("-n", namespace, "get", "pods", "-l", "comptroller.dev/deployment=tiny");
    return StreamSupport.stream(list.path("items").spliterator(), false).toList();
  }

  /// Waits until this many pods are ready and no other is left.
  public void awaitReady(int replicas) {
    await("%d ready pods in %s".formatted(replicas, namespace))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(
            () -> {
              List<JsonNode> pods = pods();
              assertThat(pods).hasSize(replicas);
              assertThat(pods)
                  .allMatch(
                      pod ->
                          "True".equals(Kubectl.condition(pod, "Ready").path("status").asText()));
            });
  }

  /// Waits until a condition of the deployment satisfies the predicate, and gives it.
  public JsonNode awaitCondition(String type, Predicate<JsonNode> holds) {
    return await("condition %s of %s/tiny".formatted(type, namespace))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(250))
        .until(() -> Kubectl.condition(deployment(), type), holds);
  }

  /// A client of the deployment behind the gateway.
  public Traffic traffic() {
    return new Traffic(fleet.gateway(), namespace + "/tiny");
  }

  /// Micro-dollars of every pod that ever ran here, from the node agent's own bill alone.
  public long billedMicros() {
    BigDecimal gpuSeconds = BigDecimal.ZERO;
    for (JsonNode line : billLines()) {
      long seconds =
          Instant.parse(line.path("finishedAt").asText()).getEpochSecond()
              - Instant.parse(line.path("scheduledAt").asText()).getEpochSecond();
      gpuSeconds = gpuSeconds.add(BigDecimal.valueOf(seconds * line.path("gpus").asLong()));
    }
    return gpuSeconds
        .multiply(NODE_HOUR_MICROS)
        .divide(BigDecimal.valueOf(GPUS_PER_NODE * 3600L), 0, RoundingMode.HALF_UP)
        .longValueExact();
  }

  /// The node agent's lines about pods of this namespace that held GPUs.
  public List<JsonNode> billLines() {
    List<JsonNode> lines = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(fleet.bill())) {
        JsonNode pod = Json.parse(line);
        if (namespace.equals(pod.path("namespace").asText()) && pod.path("gpus").asLong() > 0) {
          lines.add(pod);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  @Override
  public void close() {
    kubectl().attempt("delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s");
  }

  private static final String BUDGET =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: InferenceBudget
      metadata:
        name: budget
        namespace: NAMESPACE
      spec:
        amount: "100000.00"
        period: Month
        timeZone: UTC
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata:
        name: tiny
        namespace: NAMESPACE
      spec:
        replicas: REPLICAS
        scaling:
          minReplicas: 0
          maxReplicas: 16
        variants:
        - name: seeded
          pool: h100
          gpus: GPUS
          quality: 10
          model:
            uri: pvc://models/stand-in-tiny.gguf
            parameters: 1M
            quantization: F16
            contextLength: 2048
          batching:
            maxSequences: SEQUENCES
            maxBatchedTokens: BATCHED
            maxQueued: QUEUED
          throughput:
            tokensPerSecond: 2800
      """;
}
