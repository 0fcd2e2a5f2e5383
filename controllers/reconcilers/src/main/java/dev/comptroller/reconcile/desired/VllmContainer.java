package dev.comptroller.reconcile.desired;

import static dev.comptroller.reconcile.desired.ServingDeployment.add;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.ArrayList;
import java.util.List;

/// The container in which vLLM computes, behind the runtime of the same pod. Pure.
///
/// It holds the GPUs, and listens on the pod's loopback interface only: whoever could reach it
/// would go around admission and metering, which are the runtime's. The node cannot reach it
/// either, so its probes are programs that run inside it.
///
/// Both containers are told to end at the same time, while the runtime still has requests to
/// finish. So vLLM waits, in a preStop hook, until nobody listens at the runtime's port any more,
/// which is when the runtime has ended; the grace of the pod bounds that. A sidecar, which
/// Kubernetes ends after the other containers, would need no hook; but then the runtime would start
/// only once vLLM's startup probe has passed, and for the minutes in which weights are loaded
/// nothing would say what the GPUs do and why the replica is not ready.
///
/// The same hook runs when a probe fails, where there is nothing to wait for: probes give it a
/// short grace of their own.
public final class VllmContainer {
  /// Name of the container.
  public static final String NAME = "vllm";

  /// Port at the pod's loopback address.
  private static final int PORT = 8001;

  private static final String LOOPBACK = "127.0.0.1";
  private static final String SCRATCH_VOLUME = "vllm-tmp";
  private static final String SHARED_MEMORY_VOLUME = "vllm-shm";

  /// Far more than the queues and the collectives of eight GPUs use, far less than such a node has.
  private static final Quantity SHARED_MEMORY = new Quantity("8Gi");

  private static final int PROBE_PERIOD_SECONDS = 10;
  private static final int STARTUP_SECONDS = 1800;

  /// When the hook is given up after a probe has failed. vLLM is told to end then, and Kubernetes
  /// gives it two more seconds for that in any case.
  private static final long SICK_GRACE_SECONDS = 1L;

  /// Fails unless vLLM answers that it is well.
  private static final String HEALTH =
      "import urllib.request as r; r.urlopen('http://%s:%d/health', timeout=4)"
          .formatted(LOOPBACK, PORT);

  /// Ends once nobody listens at the runtime's port.
  private static final String DRAINED =
      """
      import os, socket, time
      while True:
          try:
              socket.create_connection((os.environ['POD_IP'], %d), 2).close()
          except TimeoutError:
              pass
          except OSError:
              break
          time.sleep(0.2)
      """
          .formatted(Names.RUNTIME_PORT);

  private VllmContainer() {}

  /// Where the runtime finds it.
  static String address() {
    return "http://%s:%d".formatted(LOOPBACK, PORT);
  }

  /// The container that `serving` asks for.
  static Container of(Serving serving) {
    return new ContainerBuilder()
        .withName(NAME)
        .withImage(serving.images().vllm())
        .withCommand("vllm", "serve")
        .withArgs(arguments(serving))
        .withEnv(environment())
        .withNewResources()
        .withLimits(serving.gpus())
        .withRequests(serving.gpus())
        .endResources()
        .withStartupProbe(probe(STARTUP_SECONDS / PROBE_PERIOD_SECONDS))
        .withLivenessProbe(probe(3))
        .withNewLifecycle()
        .withNewPreStop()
        .withNewExec()
        .withCommand("python3", "-c", DRAINED)
        .endExec()
        .endPreStop()
        .endLifecycle()
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withSecurityContext(ServingDeployment.restricted())
        .addNewVolumeMount()
        .withName(ServingDeployment.MODELS_VOLUME)
        .withMountPath(ServingDeployment.MODELS)
        .withReadOnly(true)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName(SCRATCH_VOLUME)
        .withMountPath(ServingDeployment.SCRATCH)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName(SHARED_MEMORY_VOLUME)
        .withMountPath("/dev/shm")
        .endVolumeMount()
        .build();
  }

  /// Its own volumes: it may write neither into the runtime's journal, nor into the 64 MiB of
  /// shared memory that a container has by itself, which is too little for several GPUs.
  static List<Volume> volumes() {
    return List.of(
        new VolumeBuilder().withName(SCRATCH_VOLUME).withNewEmptyDir().endEmptyDir().build(),
        new VolumeBuilder()
            .withName(SHARED_MEMORY_VOLUME)
            .withNewEmptyDir()
            .withMedium("Memory")
            .withSizeLimit(SHARED_MEMORY)
            .endEmptyDir()
            .build());
  }

  private static List<String> arguments(Serving serving) {
    Rung rung = serving.rung();
    List<String> arguments = new ArrayList<>();
    arguments.add(rung.modelPath());
    add(arguments, "--served-model-name", serving.modelName());
    add(arguments, "--host", LOOPBACK);
    add(arguments, "--port", Integer.toString(PORT));
    add(arguments, "--max-num-seqs", Integer.toString(rung.maxSequences()));
    add(arguments, "--max-num-batched-tokens", Integer.toString(rung.maxBatchedTokens()));
    if (rung.contextLength() != null) {
      add(arguments, "--max-model-len", rung.contextLength().toString());
    }
    add(arguments, "--tensor-parallel-size", Integer.toString(rung.gpus()));
    add(arguments, "--scheduling-policy", "priority");
    arguments.add("--enable-prompt-tokens-details");
    return arguments;
  }

  private static List<EnvVar> environment() {
    return List.of(
        ServingDeployment.podAddress(),
        // The only place that may be written, for the caches of what is compiled.
        variable("HOME", ServingDeployment.SCRATCH),
        // The image has no account for this user, and PyTorch asks for a name.
        variable("USER", "vllm"),
        // Weights are what the claim holds, and nothing about them is told to anybody.
        variable("HF_HUB_OFFLINE", "1"),
        variable("VLLM_NO_USAGE_STATS", "1"));
  }

  private static EnvVar variable(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  private static Probe probe(int failureThreshold) {
    return new ProbeBuilder()
        .withNewExec()
        .withCommand("python3", "-c", HEALTH)
        .endExec()
        .withPeriodSeconds(PROBE_PERIOD_SECONDS)
        .withTimeoutSeconds(5)
        .withFailureThreshold(failureThreshold)
        .withTerminationGracePeriodSeconds(SICK_GRACE_SECONDS)
        .build();
  }
}
