package dev.comptroller.reconcile.desired;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The Deployment of one variant, and the pods in it. Pure.
///
/// The runtime's container is in every pod and is all that the rest of the fleet knows of it. It
/// holds the GPUs and computes itself, or it is in front of [VllmContainer], which then holds them.
///
/// A rollout takes one pod away before it adds one (`maxUnavailable: 1`, `maxSurge: 0`): a surge
/// pod would need GPUs that a full pool does not have, and would never start.
public final class ServingDeployment {
  /// Where the volume with the models is mounted.
  static final String MODELS = "/models";

  /// Name of that volume.
  static final String MODELS_VOLUME = "models";

  /// Where a container may write; what lies there outlives the container, not the pod.
  static final String SCRATCH = "/tmp";

  private static final long NON_ROOT = 65532L;

  /// How long a replica that was asked to leave may take for what it works on: longer than a drain.
  public static final long GRACE_SECONDS = 120L;

  private ServingDeployment() {}

  /// The Deployment that `serving` asks for.
  public static Deployment of(Serving serving) {
    PodTemplateSpec template = template(serving);
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName(serving.objectName())
        .withNamespace(serving.namespace())
        .withLabels(serving.labels())
        .addToAnnotations(Names.REVISION_ANNOTATION, Long.toString(serving.revision()))
        .addToAnnotations(Names.TEMPLATE_ANNOTATION, TemplateDigest.of(template))
        .withOwnerReferences(serving.owner())
        .endMetadata()
        .withNewSpec()
        .withReplicas(serving.replicas())
        .withRevisionHistoryLimit(2)
        .withNewSelector()
        .withMatchLabels(serving.selector())
        .endSelector()
        .withNewStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxUnavailable(new IntOrString(1))
        .withMaxSurge(new IntOrString(0))
        .endRollingUpdate()
        .endStrategy()
        .withTemplate(template)
        .endSpec()
        .build();
  }

  private static PodTemplateSpec template(Serving serving) {
    Map<String, String> labels = new LinkedHashMap<>(serving.labels());
    labels.put("llm-d.ai/engine-type", "vllm");
    return new PodTemplateSpecBuilder()
        .withNewMetadata()
        .withLabels(labels)
        .withFinalizers(Names.METERING_FINALIZER)
        .endMetadata()
        .withNewSpec()
        .withNodeSelector(Map.of(Names.POOL_LABEL, serving.rung().pool()))
        .addNewToleration()
        .withKey(Names.GPU_RESOURCE)
        .withOperator("Exists")
        .withEffect("NoSchedule")
        .endToleration()
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(NON_ROOT)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(containers(serving))
        .withVolumes(volumes(serving))
        .endSpec()
        .build();
  }

  private static List<Container> containers(Serving serving) {
    return switch (serving.rung().engine()) {
      case Bundled -> List.of(runtime(serving));
      case Vllm -> List.of(runtime(serving), VllmContainer.of(serving));
    };
  }

  private static List<Volume> volumes(Serving serving) {
    List<Volume> volumes = new ArrayList<>();
    volumes.add(
        new VolumeBuilder()
            .withName(MODELS_VOLUME)
            .withNewPersistentVolumeClaim()
            .withClaimName(serving.rung().claim())
            .withReadOnly(true)
            .endPersistentVolumeClaim()
            .build());
    volumes.add(new VolumeBuilder().withName("tmp").withNewEmptyDir().endEmptyDir().build());
    if (serving.rung().engine() == Engine.Vllm) {
      volumes.addAll(VllmContainer.volumes());
    }
    return volumes;
  }

  private static Container runtime(Serving serving) {
    return new ContainerBuilder()
        .withName(Names.RUNTIME_CONTAINER)
        .withImage(serving.images().runtime())
        .withArgs(arguments(serving))
        .withEnv(podAddress())
        .addNewPort()
        .withName("http")
        .withContainerPort(Names.RUNTIME_PORT)
        .withProtocol("TCP")
        .endPort()
        .withResources(resources(serving))
        .withStartupProbe(probe("/health/live", 5, 360))
        .withReadinessProbe(probe("/health/ready", 2, 2))
        .withLivenessProbe(probe("/health/live", 10, 3))
        .withSecurityContext(restricted())
        .addNewVolumeMount()
        .withName(MODELS_VOLUME)
        .withMountPath(MODELS)
        .withReadOnly(true)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName("tmp")
        .withMountPath(SCRATCH)
        .endVolumeMount()
        .build();
  }

  private static @Nullable ResourceRequirements resources(Serving serving) {
    return switch (serving.rung().engine()) {
      case Bundled ->
          new ResourceRequirementsBuilder()
              .withLimits(serving.gpus())
              .withRequests(serving.gpus())
              .build();
      case Vllm -> null;
    };
  }

  /// The variable from which a container knows the pod's address.
  static EnvVar podAddress() {
    return new EnvVarBuilder()
        .withName("POD_IP")
        .withNewValueFrom()
        .withNewFieldRef()
        .withApiVersion("v1")
        .withFieldPath("status.podIP")
        .endFieldRef()
        .endValueFrom()
        .build();
  }

  /// What the restricted pod security standard asks of a container.
  static SecurityContext restricted() {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }

  private static List<String> arguments(Serving serving) {
    Rung rung = serving.rung();
    List<String> arguments = new ArrayList<>();
    switch (rung.engine()) {
      case Bundled -> {}
      case Vllm -> {
        add(arguments, "--engine", "vllm");
        add(arguments, "--upstream", VllmContainer.address());
      }
    }
    add(arguments, "--model", rung.modelPath());
    if (rung.digest() != null) {
      add(arguments, "--model-digest", rung.digest());
    }
    add(arguments, "--served-model-name", serving.modelName());
    add(arguments, "--served-model-name", serving.deployment());
    add(arguments, "--variant", rung.name());
    add(arguments, "--gpus", Integer.toString(rung.gpus()));
    if (rung.contextLength() != null) {
      add(arguments, "--context-length", rung.contextLength().toString());
    }
    add(arguments, "--max-sequences", Integer.toString(rung.maxSequences()));
    add(arguments, "--max-batched-tokens", Integer.toString(rung.maxBatchedTokens()));
    add(arguments, "--max-queued", Integer.toString(rung.maxQueued()));
    if (rung.maxQueueTime() != null) {
      add(arguments, "--max-queue-millis", Long.toString(rung.maxQueueTime().toMillis()));
    }
    add(arguments, "--journal", SCRATCH + "/journal.json");
    add(arguments, "--port", Integer.toString(Names.RUNTIME_PORT));
    return arguments;
  }

  /// Adds a flag and its value.
  static void add(List<String> arguments, String flag, String value) {
    arguments.add(flag);
    arguments.add(value);
  }

  private static Probe probe(String path, int periodSeconds, int failureThreshold) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withPort(new IntOrString("http"))
        .endHttpGet()
        .withPeriodSeconds(periodSeconds)
        .withTimeoutSeconds(2)
        .withFailureThreshold(failureThreshold)
        .build();
  }
}
