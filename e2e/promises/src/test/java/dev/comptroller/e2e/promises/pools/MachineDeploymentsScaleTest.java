package dev.comptroller.e2e.promises.pools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A pool scales MachineDeployments of Cluster API, by its real definitions. The test is the
/// controller that makes machines of them.
@Tag("integration")
class MachineDeploymentsScaleTest {
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  @Test
  void shouldScaleTheMachineDeploymentAndMarkTheMachineThatIsToGo() throws Exception {
    try (Provisioned fleet =
        new Provisioned(KarpenterOnKwok.definitions().resolve("cluster-api"))) {
      fleet.apply(MACHINE_DEPLOYMENT);
      fleet.pool(
          """
          clusterApi:
            namespace: models
            machineDeployments: [{type: OnDemand, name: h100}]
          """);
      fleet.deployment(1);
      until(fleet, () -> replicas(fleet) == 1);
      assertThat(fleet.condition("Provisioning"))
          .isEqualTo(
              "True/AddingNodes: 1 on-demand nodes of $19.00/h asked for: $0.00/h now, $19.00/h"
                  + " then, ceiling $40.00");
      join(fleet);
      until(fleet, () -> "19.00".equals(fleet.status().hourlyCost()));

      fleet.scale(0);
      until(
          fleet,
          () -> {
            fleet.client.pods().inNamespace(Provisioned.NAMESPACE).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() != null)
                .forEach(pod -> fleet.client.resource(pod).withGracePeriod(0).delete());
            return replicas(fleet) == 0;
          });
      assertThat(machine(fleet).getMetadata().getAnnotations())
          .containsEntry("cluster.x-k8s.io/delete-machine", "true");
      assertThat(fleet.nodes().getFirst().getSpec().getUnschedulable()).isTrue();
    }
  }

  /// The machine of the deployment becomes a node.
  private static void join(Provisioned fleet) {
    Map<String, Quantity> capacity =
        Map.of(
            Names.GPU_RESOURCE,
            new Quantity("8"),
            "cpu",
            new Quantity("64"),
            "memory",
            new Quantity("512Gi"),
            "pods",
            new Quantity("110"));
    fleet
        .client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName("machine-1")
                .addToLabels(Names.POOL_LABEL, "h100")
                .addToLabels(Names.CAPACITY_TYPE_LABEL, "on-demand")
                .endMetadata()
                .withNewStatus()
                .withCapacity(capacity)
                .withAllocatable(capacity)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withReason("KubeletReady")
                .withMessage("")
                .withLastHeartbeatTime(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .withLastTransitionTime(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .endCondition()
                .endStatus()
                .build())
        .create();
    fleet.apply(MACHINE);
    fleet
        .client
        .genericKubernetesResources(kind("Machine", "machines"))
        .inNamespace(Provisioned.NAMESPACE)
        .withName("machine-1")
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"nodeRef\":{\"name\":\"machine-1\"}}}");
  }

  private static int replicas(Provisioned fleet) {
    GenericKubernetesResource machines =
        fleet
            .client
            .genericKubernetesResources(kind("MachineDeployment", "machinedeployments"))
            .inNamespace(Provisioned.NAMESPACE)
            .withName("h100")
            .get();
    Object replicas = machines.get("spec", "replicas");
    return replicas instanceof Number number ? number.intValue() : 0;
  }

  private static GenericKubernetesResource machine(Provisioned fleet) {
    return fleet
        .client
        .genericKubernetesResources(kind("Machine", "machines"))
        .inNamespace(Provisioned.NAMESPACE)
        .withName("machine-1")
        .get();
  }

  private static ResourceDefinitionContext kind(String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup("cluster.x-k8s.io")
        .withVersion("v1beta2")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }

  private static void until(Provisioned fleet, Callable<Boolean> holds) {
    fleet.until(PATIENCE, holds, () -> "");
  }

  private static final String TEMPLATE =
      """
            clusterName: here
            bootstrap: {dataSecretName: none}
            infrastructureRef:
              apiGroup: infrastructure.example.com
              kind: ExampleMachine%s
              name: gpu
      """;

  private static final String MACHINE_DEPLOYMENT =
      """
      apiVersion: cluster.x-k8s.io/v1beta2
      kind: MachineDeployment
      metadata: {name: h100, namespace: models}
      spec:
        clusterName: here
        replicas: 0
        selector: {matchLabels: {pool: h100}}
        template:
          metadata: {labels: {pool: h100}}
          spec:
      """
          + TEMPLATE.formatted("Template");

  private static final String MACHINE =
      """
      apiVersion: cluster.x-k8s.io/v1beta2
      kind: Machine
      metadata:
        name: machine-1
        namespace: models
        labels: {cluster.x-k8s.io/deployment-name: h100}
      spec:
      """
          + TEMPLATE.formatted("");
}
