package dev.comptroller.e2e.nodeagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("integration")
class NodeAgentTest {
  private final String pool = "pool-" + UUID.randomUUID().toString().substring(0, 8);
  private final String nodeName = "node-" + pool;
  private final Cluster cluster = new Cluster();
  private NodeAgent agent;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    agent =
        NodeAgent.start(
            cluster.kubeconfig(),
            Cluster.config(folder, NodeConfig.withGpus(nodeName, Map.of("pool", pool), 8)));
  }

  @AfterEach
  void stop() throws Exception {
    agent.close();
    cluster.close();
  }

  @Test
  void shouldMakeADeploymentReadyThroughItsProbe() throws Exception {
    Instant begun = Instant.now();
    Pod template = cluster.web("web", pool).build();
    cluster
        .client()
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withName("web")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .withNewSpec()
                .withReplicas(2)
                .withNewSelector()
                .addToMatchLabels("app", "web")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "web")
                .endMetadata()
                .withSpec(template.getSpec())
                .endTemplate()
                .endSpec()
                .build())
        .create();
    Awaitility.await()
        .atMost(Cluster.PATIENCE)
        .until(
            () ->
                Integer.valueOf(2)
                    .equals(
                        cluster
                            .client()
                            .apps()
                            .deployments()
                            .inNamespace(cluster.namespace())
                            .withName("web")
                            .get()
                            .getStatus()
                            .getReadyReplicas()));
    System.out.printf("two replicas ready after %s%n", Duration.between(begun, Instant.now()));
    List<Pod> pods =
        cluster
            .client()
            .pods()
            .inNamespace(cluster.namespace())
            .withLabel("app", "web")
            .list()
            .getItems();
    assertThat(pods).extracting(p -> p.getStatus().getPodIP()).doesNotHaveDuplicates();
    for (Pod pod : pods) {
      assertThat(cluster.get(pod, "/")).isEqualTo("pid " + Cluster.pid(pod));
      assertThat(pod.getStatus().getPodIP()).startsWith("127.");
      assertThat(pod.getStatus().getHostIP()).isEqualTo("127.0.0.1");
    }
  }
}
