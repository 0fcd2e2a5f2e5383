package dev.comptroller.reconcile.desired;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ServingObjectsTest {
  private final Serving serving =
      new Serving(
          "team",
          "chat",
          new Rung("large", "h100", 4, "models", "llama/7b.gguf", "sha256:aa", 4096, 16, 512, 64),
          3,
          7,
          "comptroller/runtime:1",
          new OwnerReferenceBuilder().withName("chat").withUid("u").withController(true).build());

  @Test
  void shouldReadWeightsOnANodeOfThePoolWithoutGpusAndWithoutBeingAReplica() {
    Pod pod = PrestagePod.of(serving);
    Container container = pod.getSpec().getContainers().getFirst();

    assertThat(container.getArgs())
        .containsExactly(
            "--prestage", "--model", "/models/llama/7b.gguf", "--model-digest", "sha256:aa");
    assertThat(container.getResources().getRequests()).doesNotContainKey(Names.GPU_RESOURCE);
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(pod.getSpec().getNodeSelector()).isEqualTo(Map.of(Names.POOL_LABEL, "h100"));
    assertThat(pod.getSpec().getRestartPolicy()).isEqualTo("Never");
    assertThat(pod.getMetadata().getFinalizers()).isNullOrEmpty();
    assertThat(pod.getMetadata().getLabels()).doesNotContainKey(Names.DEPLOYMENT_LABEL);
  }

  @Test
  void shouldGiveAReplicaMoreTimeToLeaveThanADrainMayTake() {
    assertThat(Duration.ofSeconds(ServingDeployment.GRACE_SECONDS))
        .isGreaterThan(RolloutPolicy.DEFAULT.drainLimit());
  }

  @Test
  void shouldTellTheRuntimeEverythingTheVariantDeclares() {
    Container container = spec().getContainers().getFirst();

    assertThat(container.getName()).isEqualTo("runtime");
    assertThat(String.join(" ", container.getArgs()))
        .isEqualTo(
            "--model /models/llama/7b.gguf --model-digest sha256:aa --served-model-name team/chat"
                + " --served-model-name chat --variant large --context-length 4096"
                + " --max-sequences 16 --max-batched-tokens 512 --max-queued 64"
                + " --journal /tmp/journal.json --port 8000");
    assertThat(container.getEnv().getFirst().getName()).isEqualTo("POD_IP");
    assertThat(container.getResources().getLimits())
        .isEqualTo(Map.of(Names.GPU_RESOURCE, new Quantity("4")));
  }

  @Test
  void shouldBeMeteredAndBoundToThePool() {
    Deployment deployment = ServingDeployment.of(serving);

    assertThat(deployment.getMetadata().getName()).isEqualTo("chat-large");
    assertThat(deployment.getSpec().getTemplate().getMetadata().getFinalizers())
        .containsExactly(Names.METERING_FINALIZER);
    assertThat(spec().getNodeSelector()).isEqualTo(Map.of(Names.POOL_LABEL, "h100"));
    assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels())
        .containsEntry("llm-d.ai/engine-type", "vllm")
        .containsEntry("app.kubernetes.io/managed-by", "comptroller");
    assertThat(deployment.getSpec().getStrategy().getRollingUpdate().getMaxSurge().getIntVal())
        .isZero();
  }

  @Test
  void shouldMeetTheRestrictedPodSecurityStandardWithoutAToken() {
    PodSpec pod = spec();
    Container container = pod.getContainers().getFirst();

    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
    assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
  }

  @Test
  void shouldSelectThePodsOfOneVariant() {
    Service service = ServingService.of(serving);

    assertThat(service.getMetadata().getName()).isEqualTo("chat");
    assertThat(service.getSpec().getSelector())
        .isEqualTo(ServingDeployment.of(serving).getSpec().getSelector().getMatchLabels());
    assertThat(service.getSpec().getPorts().getFirst().getPort()).isEqualTo(80);
  }

  private PodSpec spec() {
    return ServingDeployment.of(serving).getSpec().getTemplate().getSpec();
  }
}
