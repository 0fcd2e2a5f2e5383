package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.reconcile.deployment.Directives.Directive;
import dev.comptroller.reconcile.routing.RoutingCodec;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A directive takes a deployment down a rung, to zero and back up, on a real control plane, while
/// the operator is killed again and again.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RolloutIntegrationTest {
  private static final RolloutPolicy PACE =
      new RolloutPolicy(
          false,
          true,
          Duration.ZERO,
          10,
          Duration.ofMillis(300),
          Duration.ofMillis(300),
          Duration.ofMillis(200),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofMinutes(2),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10));

  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");
  private final AtomicReference<@Nullable Directive> told = new AtomicReference<>();
  private final List<HttpServer> engines = new CopyOnWriteArrayList<>();
  private final Map<String, String> addresses = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger nudges = new AtomicInteger();
  private RunningOperator operator = operator();

  /// Phases that were looked at on the present way.
  private List<String> seen = List.of();

  private RunningOperator operator() {
    return new RunningOperator(cluster, home, (_, _) -> Optional.ofNullable(told.get()), PACE);
  }

  @AfterAll
  void stop() {
    operator.close();
    engines.forEach(engine -> engine.stop(0));
    cluster.close();
  }

  @Test
  void shouldGoDownARungToZeroAndBackWithoutAGapThoughTheOperatorDiesOnTheWay() {
    String namespace = serving("roll");
    inFlight.set(3);
    told.set(directive("small", 1));
    cluster.budget(namespace, "1000");
    List<String> phases = reach(namespace, "small", 1, true);
    assertThat(phases).contains("Prestage", "Start", "Canary", "Drain");
    assertThat(asked.get()).as("first requests to the new replica").isGreaterThanOrEqualTo(3);
    assertThat(names(namespace)).containsExactly("chat-small");
    await()
        .untilAsserted(
            () -> {
              Condition downgraded = condition(namespace, "Downgraded");
              assertThat(downgraded.status()).isEqualTo("True");
              assertThat(downgraded.reason()).isEqualTo("BudgetHeat");
              assertThat(downgraded.message())
                  .contains(
                      "from large to small", "$49.16/h before", "$12.29/h after", "until noon");
            });
    ModelDeploymentStatus.HistoryEntry entry =
        Objects.requireNonNull(status(namespace)).history().getFirst();
    assertThat(entry.from()).isEqualTo("large");
    assertThat(entry.burnRateBefore()).isEqualTo("49.16");
    assertThat(entry.burnRateAfter()).isEqualTo("12.29");

    told.set(directive("small", 0));
    nudge(namespace);
    await()
        .untilAsserted(
            () -> {
              pretend(namespace);
              assertThat(pods(namespace)).isEmpty();
              assertThat(condition(namespace, "Ready").reason()).isEqualTo("Suspended");
              Route route = route(namespace).orElseThrow();
              assertThat(Objects.requireNonNull(route.unavailable()).reason())
                  .isEqualTo("Suspended");
            });

    told.set(null);
    nudge(namespace);
    reach(namespace, "large", 1, false);
    assertThat(condition(namespace, "Downgraded").status()).isEqualTo("False");
  }

  @Test
  void shouldGoBackToARungThatServedWellWithoutATrial() {
    String namespace = serving("proven");
    told.set(directive("small", 1));
    cluster.budget(namespace, "1000");
    assertThat(reach(namespace, "small", 1, false)).contains("Canary");

    told.set(null);
    nudge(namespace);
    reach(namespace, "large", 1, false);
    told.set(directive("small", 1));
    nudge(namespace);
    List<String> phases = reach(namespace, "small", 1, false);

    assertThat(phases).contains("Warm", "Shift", "Drain").doesNotContain("Canary");
    assertThat(Objects.requireNonNull(Objects.requireNonNull(status(namespace)).rollout()).past())
        .filteredOn(past -> past.tookSeconds() != null)
        .extracting(ModelDeploymentStatus.Past::variant)
        .containsExactly("large", "small");
  }

  /// A namespace whose deployment serves its best variant, in a pool of the same name.
  private String serving(String name) {
    cluster.pool(name, "98.32");
    cluster.node(name + "-a", name);
    String namespace = cluster.namespace(name);
    cluster.deployment(namespace, "chat", name, 1);
    reach(namespace, "large", 1, false);
    return namespace;
  }

  private static Directive directive(String variant, int replicas) {
    return new Directive(
        variant,
        replicas,
        1,
        HourlyRate.parse("12.29").times(replicas),
        "BudgetHeat",
        "heat 87 %, until noon");
  }

  /// Plays the nodes until `variant` alone serves; kills the operator at every new phase if asked.
  private List<String> reach(String namespace, String variant, int replicas, boolean kill) {
    List<String> phases = new CopyOnWriteArrayList<>();
    seen = phases;
    try (Watch _ =
        cluster
            .client
            .resources(ModelDeployment.class)
            .inNamespace(namespace)
            .watch(new Phases(phases))) {
      reach(namespace, variant, replicas, kill, phases);
    }
    return phases;
  }

  private void reach(
      String namespace, String variant, int replicas, boolean kill, List<String> phases) {
    int[] killed = {0};
    boolean[] served = {!kill};
    await()
        .atMost(Duration.ofSeconds(90))
        .until(
            () -> {
              pretend(namespace);
              ModelDeploymentStatus status = status(namespace);
              String phase = phase(status);
              if (kill && phases.size() > killed[0]) {
                killed[0] = phases.size();
                operator.close();
                operator = operator();
              }
              if (phase.equals("Drain")) {
                inFlight.set(0);
              }
              served[0] |= open(namespace);
              if (kill) {
                assertThat(!served[0] || open(namespace)).as("serves in " + phase).isTrue();
                assertThat(gpus(namespace)).as("GPUs in " + phase).isLessThanOrEqualTo(5);
              }
              return status != null
                  && phase.isEmpty()
                  && variant.equals(status.activeVariant())
                  && pods(namespace).size() == replicas
                  && open(namespace)
                  && names(namespace).equals(List.of("chat-" + variant));
            });
  }

  private static String phase(@Nullable ModelDeploymentStatus status) {
    return status == null || status.transition() == null ? "" : status.transition().phase();
  }

  /// Collects the phases that statuses go through, version by version: some last for less than a
  /// look.
  private record Phases(List<String> seen) implements Watcher<ModelDeployment> {
    @Override
    public void eventReceived(Action action, ModelDeployment deployment) {
      String phase = phase(deployment.getStatus());
      if (!phase.isEmpty() && !seen.contains(phase)) {
        seen.add(phase);
      }
    }

    @Override
    public void onClose(WatcherException cause) {}
  }

  /// Does what nodes do: readers of weights end well once the phase was looked at, replicas get an
  /// engine, those that leave go.
  private void pretend(String namespace) {
    for (Pod pod : cluster.client.pods().inNamespace(namespace).list().getItems()) {
      boolean leaves = pod.getMetadata().getDeletionTimestamp() != null;
      boolean reads = pod.getMetadata().getLabels().containsKey(Names.PRESTAGE_LABEL);
      String phase = pod.getStatus().getPhase();
      if (leaves) {
        if ("Running".equals(phase)) {
          cluster.finish(pod, Instant.now());
        }
        cluster.release(pod);
      } else if (pod.getSpec().getNodeName() != null && "Pending".equals(phase)) {
        if (reads && seen.contains("Prestage")) {
          cluster.status(pod, p -> p.getStatus().setPhase("Succeeded"));
        } else if (!reads) {
          cluster.run(pod, addresses.computeIfAbsent(pod.getMetadata().getUid(), _ -> engine()));
        }
      }
    }
  }

  /// An engine that answers and counts what it was asked.
  private String engine() {
    String address = "127.77.9." + (1 + engines.size());
    try {
      HttpServer engine = HttpServer.create(new InetSocketAddress(address, 8000), 0);
      engine.createContext(
          "/metrics",
          exchange ->
              answer(
                  exchange,
                  """
                  vllm:num_requests_running{model_name="chat",engine="0",} %d.0
                  vllm:num_requests_waiting{model_name="chat",engine="0",} 0.0
                  vllm:request_success_total{model_name="chat",engine="0",finished_reason="stop"} %d.0
                  """
                      .formatted(inFlight.get(), asked.get())));
      engine.createContext(
          "/v1/completions",
          exchange -> {
            asked.incrementAndGet();
            answer(
                exchange,
                """
                {"choices":[{"text":"."}],"usage":{"completion_tokens":1}}
                """);
          });
      engine.start();
      engines.add(engine);
      return address;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /// Any change of the budget has the operator look again.
  private void nudge(String namespace) {
    cluster.budget(namespace, "1000." + (10 + nudges.incrementAndGet()));
  }

  private boolean open(String namespace) {
    return route(namespace)
        .filter(
            route ->
                route.legs().stream()
                    .anyMatch(leg -> leg.weight() > 0 && !leg.replicas().isEmpty()))
        .isPresent();
  }

  private int gpus(String namespace) {
    return pods(namespace).stream().mapToInt(PodFacts::gpus).sum();
  }

  private List<Pod> pods(String namespace) {
    return cluster.pods(namespace, "chat");
  }

  private List<String> names(String namespace) {
    return cluster.client.apps().deployments().inNamespace(namespace).list().getItems().stream()
        .map(d -> d.getMetadata().getName())
        .toList();
  }

  private @Nullable ModelDeploymentStatus status(String namespace) {
    return cluster
        .client
        .resources(ModelDeployment.class)
        .inNamespace(namespace)
        .withName("chat")
        .get()
        .getStatus();
  }

  private Condition condition(String namespace, String type) {
    return Objects.requireNonNull(status(namespace)).conditions().stream()
        .filter(c -> c.type().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private Optional<Route> route(String namespace) {
    return Optional.ofNullable(
            cluster.client.configMaps().inNamespace(home).withName(Names.ROUTING_CONFIG_MAP).get())
        .map(ConfigMap::getData)
        .map(data -> data.get(Names.ROUTING_KEY))
        .flatMap(RoutingCodec::read)
        .stream()
        .flatMap(table -> table.routes().stream())
        .filter(route -> route.namespace().equals(namespace))
        .findFirst();
  }
}
