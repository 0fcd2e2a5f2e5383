package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class NodeGroupsTest {
  private static final ResourceDefinitionContext KIND =
      new ResourceDefinitionContext.Builder()
          .withGroup("nodes.agent.local")
          .withVersion("v1")
          .withKind("NodeGroup")
          .withPlural("nodegroups")
          .withNamespaced(false)
          .build();

  @Test
  void shouldMakeNodesAfterTheStartDelayAndRemoveTheCordonedOneFirst(@TempDir Path folder)
      throws Exception {
    try (Cluster cluster = new Cluster();
        NodeAgent agent =
            NodeAgent.start(cluster.kubeconfig(), Cluster.config(folder).withNodeGroups())) {
      cluster
          .client()
          .resource(
              """
              apiVersion: nodes.agent.local/v1
              kind: NodeGroup
              metadata: {name: gpu}
              spec: {replicas: 2, startDelay: 1s, labels: {pool: gpu}, capacity: {nvidia.com/gpu: "8"}}
              """)
          .create();
      Instant asked = Instant.now();
      Awaitility.await().atMost(Cluster.PATIENCE).until(() -> agent.nodes().size() == 2);
      assertThat(Duration.between(asked, Instant.now())).isGreaterThan(Duration.ofMillis(900));
      assertThat(cluster.client().nodes().withName("gpu-1").get().getMetadata().getLabels())
          .containsEntry("pool", "gpu");

      cluster
          .client()
          .nodes()
          .withName("gpu-1")
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"unschedulable\":true}}");
      cluster
          .client()
          .genericKubernetesResources(KIND)
          .withName("gpu")
          .subresource("scale")
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"replicas\":1}}");
      Awaitility.await()
          .atMost(Cluster.PATIENCE)
          .until(() -> agent.nodes().equals(List.of("gpu-2")));
      Awaitility.await()
          .atMost(Cluster.PATIENCE)
          .until(() -> cluster.client().nodes().withName("gpu-1").get() == null);
      Awaitility.await()
          .atMost(Cluster.PATIENCE)
          .until(() -> Integer.valueOf(1).equals(replicas(cluster)));
      cluster.client().genericKubernetesResources(KIND).withName("gpu").delete();
      Awaitility.await().atMost(Cluster.PATIENCE).until(() -> agent.nodes().isEmpty());
    }
  }

  private static Object replicas(Cluster cluster) {
    GenericKubernetesResource group =
        cluster.client().genericKubernetesResources(KIND).withName("gpu").get();
    Object replicas = group.get("status", "replicas");
    return replicas == null ? 0 : replicas;
  }
}
