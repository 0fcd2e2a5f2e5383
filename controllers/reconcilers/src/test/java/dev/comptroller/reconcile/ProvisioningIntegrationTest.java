package dev.comptroller.reconcile;

import static dev.comptroller.reconcile.Cluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolSpec;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The scale target is a StatefulSet without pods: it only holds the number. The test is what makes
/// and removes nodes by it.
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProvisioningIntegrationTest {
  private final Cluster cluster = new Cluster();
  private final String home = cluster.namespace("installation");
  private final RunningOperator operator = new RunningOperator(cluster, home);

  @AfterAll
  void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void shouldScaleTheTargetWithItsReplicasUnderTheCeilingAndBackToZero() {
    String namespace = cluster.namespace("grow");
    target(namespace);
    pool("grown", namespace, "1s");
    await().until(() -> "Steady".equals(provisioning("grown").map(Condition::reason).orElse("")));

    cluster.deployment(namespace, "chat", "grown", 5);

    await().until(() -> wanted(namespace) == 2);
    Condition blocked =
        await()
            .until(
                () -> provisioning("grown"),
                c -> c.filter(k -> k.reason().equals("CeilingReached")).isPresent())
            .orElseThrow();
    assertThat(blocked.message())
        .isEqualTo("3 nodes of $19.00/h would be $57.00/h, ceiling $40.00");
    assertThat(condition("grown", "WithinCeiling").orElseThrow().reason())
        .isEqualTo("CeilingReached");
    assertThat(status("grown").plannedHourlyCost()).isEqualTo("38.00");
    cluster.node("grown-a", "grown");
    cluster.node("grown-b", "grown");
    await().until(() -> "38.00".equals(status("grown").hourlyCost()));

    scale(namespace, 0);

    await()
        .until(
            () -> {
              endEvicted(namespace);
              return Optional.ofNullable(node("grown-a"))
                  .map(n -> n.getMetadata().getLabels().get(Names.RELEASED_LABEL))
                  .filter("true"::equals)
                  .isPresent();
            });
    assertThat(Objects.requireNonNull(node("grown-a")).getSpec().getUnschedulable()).isTrue();
    await().until(() -> wanted(namespace) == 0);
    assertThat(status("grown").hourlyCost())
        .describedAs("a node costs until it is gone")
        .isEqualTo("38.00");
    cluster.client.nodes().withName("grown-a").delete();
    cluster.client.nodes().withName("grown-b").delete();
    await().until(() -> "0.00".equals(status("grown").hourlyCost()));
    await().until(() -> "Steady".equals(provisioning("grown").map(Condition::reason).orElse("")));
  }

  @Test
  void shouldLetNodesGoWhenAPriceRisesAboveTheCeiling() {
    String namespace = cluster.namespace("price");
    target(namespace);
    pool("priced", namespace, "5m");
    cluster.node("priced-a", "priced");
    cluster.node("priced-b", "priced");
    cluster.deployment(namespace, "chat", "priced", 4);
    await().until(() -> wanted(namespace) == 2);
    await().until(() -> Integer.valueOf(16).equals(status("priced").gpusUsed()));

    Cluster.retrying(
        () ->
            cluster
                .client
                .resources(GpuNodePool.class)
                .withName("priced")
                .edit(
                    pool -> {
                      pool.setSpec(
                          Serialization.unmarshal(
                              Serialization.asJson(pool.getSpec()).replace("\"19\"", "\"25\""),
                              GpuNodePoolSpec.class));
                      return pool;
                    }));

    await()
        .until(
            () -> {
              endEvicted(namespace);
              return wanted(namespace) == 1;
            });
    assertThat(status("priced").releasing())
        .singleElement()
        .extracting(r -> r.reason())
        .isEqualTo("Ceiling");
  }

  @Test
  void shouldSayThatTheTargetDoesNotExist() {
    String namespace = cluster.namespace("lost");
    pool("lost", namespace, "5m");
    Condition refused =
        await()
            .until(
                () -> provisioning("lost"),
                c -> c.filter(k -> k.reason().equals("ProvisionerRefused")).isPresent())
            .orElseThrow();
    assertThat(refused.message())
        .startsWith("StatefulSet %s/nodes does not exist; asked for: ".formatted(namespace));
    target(namespace);
    // The operator looks again after 30 s, or when anything of the pool changes.
    cluster.node("lost-a", "lost");
    await().until(() -> !"ProvisionerRefused".equals(provisioning("lost").orElseThrow().reason()));
  }

  /// Ends pods that were told to leave, as a kubelet would.
  private void endEvicted(String namespace) {
    cluster.client.pods().inNamespace(namespace).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() != null)
        .forEach(pod -> cluster.client.resource(pod).withGracePeriod(0).delete());
  }

  private void pool(String name, String namespace, String idle) {
    cluster.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: %s}
        spec:
          gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
          capacity:
          - {type: OnDemand, pricePerNodeHour: "19", maxNodes: 4}
          maxHourlySpend: "40"
          idleTimeout: %s
          provisioner:
            scaleTarget:
              targets:
              - {type: OnDemand, apiVersion: apps/v1, kind: StatefulSet, namespace: %s, name: nodes}
        """
            .formatted(name, idle, namespace));
  }

  /// It cannot make pods: no node has that label.
  private void target(String namespace) {
    cluster.apply(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: nodes, namespace: %s}
        spec:
          replicas: 0
          serviceName: none
          selector: {matchLabels: {app: nodes}}
          template:
            metadata: {labels: {app: nodes}}
            spec:
              nodeSelector: {nowhere: "true"}
              containers: [{name: none, image: none}]
        """
            .formatted(namespace));
  }

  private int wanted(String namespace) {
    return cluster
        .client
        .apps()
        .statefulSets()
        .inNamespace(namespace)
        .withName("nodes")
        .get()
        .getSpec()
        .getReplicas();
  }

  private void scale(String namespace, int replicas) {
    cluster
        .client
        .resources(ModelDeployment.class)
        .inNamespace(namespace)
        .withName("chat")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"replicas\":%d}}".formatted(replicas));
  }

  private @Nullable Node node(String name) {
    return cluster.client.nodes().withName(name).get();
  }

  private GpuNodePoolStatus status(String pool) {
    return cluster.client.resources(GpuNodePool.class).withName(pool).get().getStatus();
  }

  private Optional<Condition> provisioning(String pool) {
    return condition(pool, "Provisioning");
  }

  private Optional<Condition> condition(String pool, String type) {
    return Optional.ofNullable(status(pool))
        .flatMap(
            status -> status.conditions().stream().filter(c -> c.type().equals(type)).findFirst());
  }
}
