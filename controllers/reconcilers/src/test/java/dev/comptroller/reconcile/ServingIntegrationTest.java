package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.protocol.Names;
import dev.comptroller.protocol.routing.Route;
import dev.comptroller.reconcile.routing.RoutingCodec;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ServingIntegrationTest {
  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");
  private final RunningOperator operator = new RunningOperator(cluster, home);

  @BeforeAll
  void addNodes() {
    cluster.pool("serving", "98.32");
    cluster.node("serving-a", "serving");
    cluster.node("serving-b", "serving");
    cluster.node("serving-c", "serving");
  }

  @AfterAll
  void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void shouldServeTheBestVariantAndRepairDrift() {
    String namespace = cluster.namespace("drift");
    cluster.deployment(namespace, "chat", "serving", 1);

    Deployment made = await().until(() -> deployment(namespace, "chat-large"), d -> d != null);
    assertThat(made.getSpec().getReplicas()).isEqualTo(1);
    assertThat(made.getMetadata().getOwnerReferences().getFirst().getController()).isTrue();
    Service service = await().until(() -> service(namespace, "chat"), s -> s != null);
    assertThat(service.getSpec().getSelector()).containsEntry(Names.VARIANT_LABEL, "large");
    await().until(() -> condition(namespace, "chat", "Ready").isPresent());

    cluster
        .client
        .apps()
        .deployments()
        .inNamespace(namespace)
        .withName("chat-large")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"metadata":{"annotations":{"mine":"kept"}},
             "spec":{"replicas":3,"template":{"spec":{"terminationGracePeriodSeconds":1}}}}
            """);
    await()
        .untilAsserted(
            () -> {
              Deployment repaired = deployment(namespace, "chat-large");
              assertThat(repaired.getSpec().getReplicas()).isEqualTo(1);
              assertThat(
                      repaired.getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds())
                  .isEqualTo(120);
              assertThat(repaired.getMetadata().getAnnotations()).containsEntry("mine", "kept");
            });

    cluster.client.services().inNamespace(namespace).withName("chat").delete();
    await().until(() -> service(namespace, "chat") != null);
  }

  @Test
  void shouldRouteToReadyReplicasAndExplainWhyThereAreNone() {
    String namespace = cluster.namespace("route");
    cluster.deployment(namespace, "chat", "serving", 1);
    Route before = await().until(() -> route(namespace), Optional::isPresent).orElseThrow();
    assertThat(before.legs()).allMatch(leg -> leg.replicas().isEmpty());
    assertThat(before.unavailable()).isNotNull();

    Pod pod = await().until(() -> scheduled(namespace), Optional::isPresent).orElseThrow();
    cluster.run(pod, "127.77.0.1");

    Route after =
        await()
            .until(
                () -> route(namespace),
                r -> r.isPresent() && !r.get().legs().getFirst().replicas().isEmpty())
            .orElseThrow();
    assertThat(after.legs().getFirst().replicas().getFirst().address())
        .isEqualTo("127.77.0.1:8000");
    assertThat(after.unavailable()).isNull();
    assertThat(after.legs().getFirst().postedPrice()).isNotNull();
    await()
        .untilAsserted(
            () ->
                assertThat(condition(namespace, "chat", "Ready").map(Condition::status))
                    .contains("True"));
  }

  @Test
  void shouldSayWhichPoolLacksHowManyGpus() {
    String namespace = cluster.namespace("full");
    cluster.pool("tiny", "98.32");
    cluster.node("tiny-a", "tiny");
    cluster.deployment(namespace, "chat", "tiny", 3);

    await()
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              Condition capacity = condition(namespace, "chat", "CapacityAvailable").orElseThrow();
              assertThat(capacity.status()).isEqualTo("False");
              assertThat(capacity.message()).contains("pool tiny lacks 4 GPUs for 1 of 3 replicas");
            });
    await()
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              GpuNodePool pool = cluster.client.resources(GpuNodePool.class).withName("tiny").get();
              assertThat(pool.getStatus().gpus()).isEqualTo(8);
              assertThat(pool.getStatus().gpusUsed()).isEqualTo(8);
              assertThat(pool.getStatus().hourlyCost()).isEqualTo("98.32");
            });
    await()
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(
                        cluster
                            .client
                            .events()
                            .v1()
                            .events()
                            .inNamespace(namespace)
                            .list()
                            .getItems())
                    .anyMatch(
                        e ->
                            "InsufficientGpus".equals(e.getReason())
                                && "Warning".equals(e.getType())
                                && "chat".equals(e.getRegarding().getName())));
  }

  @Test
  void shouldShowTheFullCostOfTokensThatTheReplicaCounted() throws IOException {
    String namespace = cluster.namespace("cpm");
    cluster.deployment(namespace, "chat", "serving", 1);
    Pod pod = await().until(() -> scheduled(namespace), Optional::isPresent).orElseThrow();
    // Tokens flow for as long as the replica costs, however late this is.
    Instant scheduled = PodFacts.scheduledAt(pod).orElseThrow();
    HttpServer engine = HttpServer.create(new InetSocketAddress("127.77.3.1", 8000), 0);
    engine.createContext(
        "/metrics",
        exchange -> {
          long tenths = Duration.between(scheduled, Instant.now()).toMillis() / 100;
          byte[] counters =
              """
              vllm:prompt_tokens_total{model_name="chat",engine="0",} %d.0
              vllm:generation_tokens_total{model_name="chat",engine="0",} %d.0
              """
                  .formatted(tenths * 600, tenths * 400)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, counters.length);
          exchange.getResponseBody().write(counters);
          exchange.close();
        });
    engine.start();
    try {
      cluster.run(pod, "127.77.3.1");
      ModelDeploymentStatus status =
          await()
              .atMost(Duration.ofSeconds(60))
              .until(
                  () ->
                      cluster
                          .client
                          .resources(ModelDeployment.class)
                          .inNamespace(namespace)
                          .withName("chat")
                          .get()
                          .getStatus(),
                  s -> s != null && s.cpm() != null);
      double cpm = Double.parseDouble(Objects.requireNonNull(status.cpm()));
      assertThat(cpm)
          .as("49.16 $/h by 10000 tokens/s")
          .isCloseTo(49.16 / 3600 / 10_000 * 1e6, Percentage.withPercentage(25));
      assertThat(Double.parseDouble(Objects.requireNonNull(status.tokensPerDollar())))
          .isCloseTo(1e6 / cpm, Percentage.withPercentage(2));
    } finally {
      engine.stop(0);
    }
  }

  @Test
  void shouldLeaveAForeignServiceOfTheSameNameAlone() {
    String namespace = cluster.namespace("taken");
    cluster.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: chat, namespace: %s}
        spec: {selector: {app: mine}, ports: [{port: 1234}]}
        """
            .formatted(namespace));
    cluster.deployment(namespace, "chat", "serving", 0);

    await()
        .untilAsserted(
            () ->
                assertThat(condition(namespace, "chat", "Ready").map(Condition::reason))
                    .contains("NameTaken"));
    assertThat(service(namespace, "chat").getSpec().getSelector()).containsEntry("app", "mine");
  }

  @Test
  void shouldRunVllmWhereANamespaceAllowsRestrictedPodsOnlyAndTakeItAwayAgain() {
    String namespace = cluster.namespace("vllm");
    cluster.pool("tensors", "98.32");
    cluster.node("tensors-a", "tensors");
    cluster.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: %s
          labels: {pod-security.kubernetes.io/enforce: restricted}
        """
            .formatted(namespace));
    cluster.models(namespace);
    cluster.apply(vllm(namespace, "Vllm"));

    Pod pod =
        await()
            .until(() -> cluster.pods(namespace, "chat").stream().findFirst(), Optional::isPresent)
            .orElseThrow();
    assertThat(pod.getSpec().getContainers())
        .extracting(Container::getName)
        .containsExactly("runtime", "vllm");
    assertThat(PodFacts.gpus(pod)).as("GPUs of both containers together").isEqualTo(2);
    AtomicLong applied = new AtomicLong();
    await()
        .during(Duration.ofSeconds(3))
        .until(
            () -> {
              nudge(namespace);
              long now = applied(namespace);
              return applied.getAndSet(now) == now;
            });

    cluster.apply(vllm(namespace, "Bundled"));
    await()
        .untilAsserted(
            () -> {
              PodSpec alone = deployment(namespace, "chat-large").getSpec().getTemplate().getSpec();
              assertThat(alone.getContainers())
                  .singleElement()
                  .satisfies(
                      runtime -> {
                        assertThat(runtime.getName()).isEqualTo("runtime");
                        assertThat(runtime.getArgs()).doesNotContain("--engine", "--upstream");
                        assertThat(runtime.getResources().getLimits())
                            .containsEntry(Names.GPU_RESOURCE, new Quantity("2"));
                      });
              assertThat(alone.getVolumes())
                  .extracting(Volume::getName)
                  .containsExactlyInAnyOrder("models", "tmp");
            });
    cluster.apply(vllm(namespace, "Vllm"));
    await()
        .untilAsserted(
            () ->
                assertThat(
                        deployment(namespace, "chat-large")
                            .getSpec()
                            .getTemplate()
                            .getSpec()
                            .getContainers())
                    .extracting(ServingIntegrationTest::gpus)
                    .as("the runtime lets go of the GPUs")
                    .containsExactly(0, 2));
  }

  private static int gpus(Container container) {
    Quantity limit =
        container.getResources() == null
            ? null
            : container.getResources().getLimits().get(Names.GPU_RESOURCE);
    return limit == null ? 0 : limit.getNumericalAmount().intValue();
  }

  private static String vllm(String namespace, String engine) {
    return """
        apiVersion: comptroller.dev/v1alpha1
        kind: ModelDeployment
        metadata: {name: chat, namespace: %s}
        spec:
          replicas: 1
          scaling: {minReplicas: 1, maxReplicas: 1}
          variants:
          - name: large
            engine: %s
            model: {uri: "pvc://models/large", parameters: 7B, quantization: BF16}
            gpus: 2
            pool: tensors
            quality: 90
        """
        .formatted(namespace, engine);
  }

  /// Makes the operator compare the Deployment with what it should be.
  private void nudge(String namespace) {
    cluster
        .client
        .apps()
        .deployments()
        .inNamespace(namespace)
        .withName("chat-large")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"nudge\":\"%d\"}}}".formatted(System.nanoTime()));
  }

  /// How often the Deployment of the variant was applied.
  private long applied(String namespace) {
    String deployment = "/namespaces/%s/deployments/chat-large".formatted(namespace);
    return operator.writes.stream()
        .filter(write -> write.startsWith("PATCH") && write.endsWith(deployment))
        .count();
  }

  private Deployment deployment(String namespace, String name) {
    return cluster.client.apps().deployments().inNamespace(namespace).withName(name).get();
  }

  private Service service(String namespace, String name) {
    return cluster.client.services().inNamespace(namespace).withName(name).get();
  }

  private Optional<Pod> scheduled(String namespace) {
    return cluster.pods(namespace, "chat").stream()
        .filter(pod -> pod.getSpec().getNodeName() != null)
        .min(Comparator.comparing(pod -> pod.getMetadata().getName()));
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

  private Optional<Condition> condition(String namespace, String name, String type) {
    ModelDeployment deployment =
        cluster.client.resources(ModelDeployment.class).inNamespace(namespace).withName(name).get();
    List<Condition> conditions =
        deployment.getStatus() == null ? List.of() : deployment.getStatus().conditions();
    return conditions.stream().filter(c -> c.type().equals(type)).findFirst();
  }
}
