package dev.comptroller.reconcile.desired;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ServingObjectsTest {
  /// The container of vLLM for 4 GPUs, apart from what its preStop hook waits for.
  private static final String VLLM =
      """
      name: vllm
      image: vllm/vllm-openai:2
      command: [vllm, serve]
      args:
      - /models/llama/7b
      - --served-model-name
      - team/chat
      - --host
      - 127.0.0.1
      - --port
      - "8001"
      - --max-num-seqs
      - "16"
      - --max-num-batched-tokens
      - "512"
      - --max-model-len
      - "4096"
      - --tensor-parallel-size
      - "4"
      - --scheduling-policy
      - priority
      - --enable-prompt-tokens-details
      env:
      - {name: POD_IP, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: status.podIP}}}
      - {name: HOME, value: /tmp}
      - {name: USER, value: vllm}
      - {name: HF_HUB_OFFLINE, value: "1"}
      - {name: VLLM_NO_USAGE_STATS, value: "1"}
      resources: {limits: {nvidia.com/gpu: "4"}, requests: {nvidia.com/gpu: "4"}}
      startupProbe:
        exec: &health
          command:
          - python3
          - -c
          - import urllib.request as r; r.urlopen('http://127.0.0.1:8001/health', timeout=4)
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 180
        terminationGracePeriodSeconds: 1
      livenessProbe:
        exec: *health
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
        terminationGracePeriodSeconds: 1
      terminationMessagePolicy: FallbackToLogsOnError
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
      - {name: models, mountPath: /models, readOnly: true}
      - {name: vllm-tmp, mountPath: /tmp}
      - {name: vllm-shm, mountPath: /dev/shm}
      """;

  private final Rung bundled =
      new Rung(
          "large",
          Engine.Bundled,
          "h100",
          4,
          "models",
          "llama/7b.gguf",
          "sha256:aa",
          4096,
          16,
          512,
          64,
          Duration.ofSeconds(1));
  private final Serving serving = serving(bundled);
  private final Serving vllm = serving(vllm(4, 4096));

  private static Rung vllm(int gpus, @Nullable Integer contextLength) {
    return new Rung(
        "large",
        Engine.Vllm,
        "h100",
        gpus,
        "models",
        "llama/7b",
        null,
        contextLength,
        16,
        512,
        64,
        null);
  }

  private static Serving serving(Rung rung) {
    return new Serving(
        "team",
        "chat",
        rung,
        3,
        7,
        new Images("comptroller/runtime:1", "vllm/vllm-openai:2"),
        new OwnerReferenceBuilder().withName("chat").withUid("u").withController(true).build());
  }

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
    Container container = spec(serving).getContainers().getFirst();

    assertThat(container.getName()).isEqualTo("runtime");
    assertThat(String.join(" ", container.getArgs()))
        .isEqualTo(
            "--model /models/llama/7b.gguf --model-digest sha256:aa --served-model-name team/chat"
                + " --served-model-name chat --variant large --gpus 4"
                + " --context-length 4096 --max-sequences 16 --max-batched-tokens 512 --max-queued 64"
                + " --max-queue-millis 1000 --journal /tmp/journal.json --port 8000");
    assertThat(container.getEnv().getFirst().getName()).isEqualTo("POD_IP");
    assertThat(container.getResources().getLimits())
        .isEqualTo(Map.of(Names.GPU_RESOURCE, new Quantity("4")));
  }

  @Test
  void shouldPutTheRuntimeInFrontOfVllmAndGiveTheGpusToVllm() {
    PodSpec pod = spec(vllm);
    Container front = pod.getContainers().getFirst();

    assertThat(pod.getContainers())
        .extracting(Container::getName)
        .containsExactly("runtime", "vllm");
    assertThat(front.getImage()).isEqualTo("comptroller/runtime:1");
    assertThat(front.getCommand()).isNullOrEmpty();
    assertThat(String.join(" ", front.getArgs()))
        .isEqualTo(
            "--engine vllm --upstream http://127.0.0.1:8001 --model /models/llama/7b"
                + " --served-model-name team/chat --served-model-name chat --variant large"
                + " --gpus 4 --context-length 4096 --max-sequences 16 --max-batched-tokens 512"
                + " --max-queued 64 --journal /tmp/journal.json --port 8000");
    assertThat(front.getResources()).as("two containers would hold twice the GPUs").isNull();
    Container alone = spec(serving).getContainers().getFirst();
    assertThat(
            new ContainerBuilder(front)
                .withArgs(alone.getArgs())
                .withResources(alone.getResources())
                .build())
        .as("the rest is as without vLLM")
        .isEqualTo(alone);
  }

  @Test
  void shouldRunVllmAsDeclaredOnThePodsLoopbackAlone() {
    Container container = spec(vllm).getContainers().getLast();

    assertThat(new ContainerBuilder(container).withLifecycle(null).build())
        .isEqualTo(new KubernetesSerialization().unmarshal(VLLM, Container.class));
    assertThat(container.getPorts()).isEmpty();
    assertThat(spec(vllm).getVolumes())
        .extracting(Volume::getName)
        .containsExactly("models", "tmp", "vllm-tmp", "vllm-shm");
    assertThat(spec(vllm).getVolumes().getLast().getEmptyDir().getMedium()).isEqualTo("Memory");
    assertThat(spec(vllm).getVolumes().getLast().getEmptyDir().getSizeLimit())
        .isEqualTo(new Quantity("8Gi"));
    assertThat(spec(serving).getVolumes())
        .extracting(Volume::getName)
        .containsExactly("models", "tmp");
  }

  @Test
  void shouldLeaveTheLengthOfAContextToVllmUnlessItIsDeclared() {
    Container container = spec(serving(vllm(1, null))).getContainers().getLast();

    assertThat(String.join(" ", container.getArgs()))
        .doesNotContain("--max-model-len")
        .contains("--tensor-parallel-size 1");
  }

  @Test
  void shouldKeepVllmForAsLongAsTheRuntimeDrains() {
    Container container = spec(vllm).getContainers().getLast();

    assertThat(container.getLifecycle().getPreStop().getExec().getCommand())
        .hasSize(3)
        .startsWith("python3", "-c")
        .last()
        .asString()
        .contains("os.environ['POD_IP'], " + Names.RUNTIME_PORT);
    assertThat(container.getLivenessProbe().getTerminationGracePeriodSeconds())
        .as("a vLLM that is sick has nothing to wait for")
        .isLessThan(ServingDeployment.GRACE_SECONDS);
  }

  @Test
  void shouldReadAFolderBeforeReplicasStartWithTheRuntimesImage() {
    Pod pod = PrestagePod.of(vllm);
    Container container = pod.getSpec().getContainers().getFirst();

    assertThat(pod.getSpec().getContainers()).hasSize(1);
    assertThat(container.getImage()).isEqualTo("comptroller/runtime:1");
    assertThat(container.getArgs()).containsExactly("--prestage", "--model", "/models/llama/7b");
  }

  @Test
  void shouldRefuseAnImageWithoutAName() {
    assertThatThrownBy(() -> new Images("comptroller/runtime:1", " "))
        .hasMessageContaining("images.vllm is empty");
    assertThatThrownBy(() -> new Images("", "vllm/vllm-openai:2"))
        .hasMessageContaining("images.runtime is empty");
  }

  @Test
  void shouldTellByADigestWhetherReplicasAreMadeOfTheSame() {
    Serving more =
        new Serving("team", "chat", serving.rung(), 9, 12, serving.images(), serving.owner());
    Serving newer =
        new Serving(
            "team",
            "chat",
            serving.rung(),
            3,
            7,
            new Images("comptroller/runtime:2", "vllm/vllm-openai:2"),
            serving.owner());

    assertThat(template(serving)).hasSize(16).isEqualTo(template(more));
    assertThat(template(newer)).hasSize(16).isNotEqualTo(template(serving));
  }

  private static @Nullable String template(Serving serving) {
    return ServingDeployment.of(serving)
        .getMetadata()
        .getAnnotations()
        .get(Names.TEMPLATE_ANNOTATION);
  }

  @Test
  void shouldBeMeteredAndBoundToThePool() {
    Deployment deployment = ServingDeployment.of(serving);

    assertThat(deployment.getMetadata().getName()).isEqualTo("chat-large");
    assertThat(deployment.getSpec().getTemplate().getMetadata().getFinalizers())
        .containsExactly(Names.METERING_FINALIZER);
    assertThat(spec(serving).getNodeSelector()).isEqualTo(Map.of(Names.POOL_LABEL, "h100"));
    assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels())
        .containsEntry("llm-d.ai/engine-type", "vllm")
        .containsEntry("app.kubernetes.io/managed-by", "comptroller");
    assertThat(deployment.getSpec().getStrategy().getRollingUpdate().getMaxSurge().getIntVal())
        .isZero();
  }

  @Test
  void shouldMeetTheRestrictedPodSecurityStandardWithoutAToken() {
    for (PodSpec pod : List.of(spec(serving), spec(vllm))) {
      assertThat(pod.getAutomountServiceAccountToken()).isFalse();
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(pod.getSecurityContext().getSeccompProfile().getType())
          .isEqualTo("RuntimeDefault");
      for (Container container : pod.getContainers()) {
        SecurityContext security = container.getSecurityContext();
        assertThat(security.getAllowPrivilegeEscalation()).isFalse();
        assertThat(security.getReadOnlyRootFilesystem()).isTrue();
        assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
      }
    }
  }

  @Test
  void shouldSelectThePodsOfOneVariant() {
    Service service = ServingService.of(serving);

    assertThat(service.getMetadata().getName()).isEqualTo("chat");
    assertThat(service.getSpec().getSelector())
        .isEqualTo(ServingDeployment.of(serving).getSpec().getSelector().getMatchLabels());
    assertThat(service.getSpec().getPorts().getFirst().getPort()).isEqualTo(80);
  }

  private static PodSpec spec(Serving serving) {
    return ServingDeployment.of(serving).getSpec().getTemplate().getSpec();
  }
}
