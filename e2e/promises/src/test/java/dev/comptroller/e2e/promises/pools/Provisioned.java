package dev.comptroller.e2e.promises.pools;

import static org.awaitility.Awaitility.await;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.e2e.controlplane.Binaries;
import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.Options;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.Assembly;
import dev.comptroller.reconcile.desired.Images;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.Operator;
import io.prometheus.client.CollectorRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.core.ConditionTimeoutException;

/// A control plane of its own with the operator's reconcilers in this JVM, and one deployment whose
/// replicas take four of a node's eight GPUs each.
final class Provisioned implements AutoCloseable {
  static final String NAMESPACE = "models";

  final ControlPlane plane = ControlPlane.start(Options.everything());
  final KubernetesClient client;
  private final KubernetesClient own;
  private final Assembly assembly;
  private final Operator operator;

  /// With these definitions beside our own.
  Provisioned(Path definitions) throws IOException {
    Config config = Config.fromKubeconfig(Files.readString(plane.kubeconfig()));
    client = new KubernetesClientBuilder().withConfig(config).build();
    own = new KubernetesClientBuilder().withConfig(config).build();
    define(Binaries.repositoryRoot().resolve("crds/src/main/crds"));
    define(definitions);
    for (String name : List.of("comptroller-system", NAMESPACE)) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
          .create();
    }
    assembly =
        new Assembly(
            own,
            new Assembly.Settings(
                "comptroller-system",
                new Images("comptroller/runtime:test", "vllm/vllm-openai:test"),
                "test",
                Duration.ofSeconds(5)),
            new CollectorRegistry(),
            Clock.systemUTC());
    operator = new Operator(o -> o.withKubernetesClient(own).withCloseClientOnStop(false));
    operator.register(assembly.deployments(assembly.directives(), pace()));
    operator.register(assembly.gpuNodePools());
    assembly.watch();
    assembly.lead();
    operator.start();
  }

  /// Nobody serves here, so nothing is drained for long.
  private static RolloutPolicy pace() {
    RolloutPolicy usual = RolloutPolicy.DEFAULT;
    return new RolloutPolicy(
        usual.breakBeforeMake(),
        usual.prestage(),
        usual.dwell(),
        usual.canaryPercent(),
        usual.canaryTime(),
        usual.stepTime(),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        usual.placeLimit(),
        usual.startLimit(),
        usual.firstBackOff(),
        usual.lastBackOff());
  }

  private void define(Path folder) throws IOException {
    for (Path file : KarpenterOnKwok.yaml(folder)) {
      List<HasMetadata> items = client.load(Files.newInputStream(file)).items();
      items.forEach(item -> client.resource(item).patch(applying()));
      items.forEach(
          item ->
              client
                  .apiextensions()
                  .v1()
                  .customResourceDefinitions()
                  .withName(item.getMetadata().getName())
                  .waitUntilCondition(
                      crd ->
                          crd != null
                              && crd.getStatus() != null
                              && crd.getStatus().getConditions() != null
                              && crd.getStatus().getConditions().stream()
                                  .anyMatch(
                                      c ->
                                          "Established".equals(c.getType())
                                              && "True".equals(c.getStatus())),
                      30,
                      TimeUnit.SECONDS));
    }
  }

  private static PatchContext applying() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager("test")
        .withForce(true)
        .build();
  }

  /// Applies `yaml`.
  void apply(String yaml) {
    client
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .items()
        .forEach(item -> client.resource(item).patch(applying()));
  }

  /// A pool `h100` of nodes at $19 an hour, $40 an hour at most, by `provisioner`.
  void pool(String provisioner) {
    apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: h100}
        spec:
          gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
          capacity:
          - {type: OnDemand, pricePerNodeHour: "19.00", maxNodes: 4}
          maxHourlySpend: "40.00"
          idleTimeout: 2s
          provisioner:
        %s
        """
            .formatted(provisioner.indent(4)));
  }

  /// A deployment `chat` of replicas with four GPUs.
  void deployment(int replicas) {
    apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: models}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadOnlyMany]
          storageClassName: ""
          hostPath: {path: /models}
          claimRef: {namespace: models, name: models}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models, namespace: models}
        spec:
          accessModes: [ReadOnlyMany]
          storageClassName: ""
          volumeName: models
          resources: {requests: {storage: 1Gi}}
        ---
        apiVersion: comptroller.dev/v1alpha1
        kind: ModelDeployment
        metadata: {name: chat, namespace: models}
        spec:
          replicas: %d
          scaling: {minReplicas: 0, maxReplicas: 8}
          variants:
          - name: large
            model: {uri: "pvc://models/large.gguf", parameters: 7B, quantization: Q4_K_M}
            gpus: 4
            pool: h100
            quality: 90
        """
            .formatted(replicas));
  }

  /// Sets the number of replicas.
  void scale(int replicas) {
    client
        .resources(ModelDeployment.class)
        .inNamespace(NAMESPACE)
        .withName("chat")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"replicas\":%d}}".formatted(replicas));
  }

  /// Nodes of the pool.
  List<Node> nodes() {
    return client.nodes().withLabel(Names.POOL_LABEL, "h100").list().getItems();
  }

  /// The pool's status.
  GpuNodePoolStatus status() {
    return client.resources(GpuNodePool.class).withName("h100").get().getStatus();
  }

  /// Reason of a condition of the pool, and its message; empty if it has none.
  String condition(String type) {
    return Optional.ofNullable(status())
        .flatMap(s -> s.conditions().stream().filter(c -> c.type().equals(type)).findFirst())
        .map((Condition c) -> "%s/%s: %s".formatted(c.status(), c.reason(), c.message()))
        .orElse("");
  }

  /// Replicas that are ready.
  long ready() {
    return client.pods().inNamespace(NAMESPACE).list().getItems().stream()
        .filter(
            pod ->
                pod.getStatus().getConditions().stream()
                    .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus())))
        .count();
  }

  /// Lets pods go that were told to leave: KWOK writes no end of their containers, for which the
  /// meter of the operator waits.
  void endLeaving() {
    for (Pod pod : client.pods().inNamespace(NAMESPACE).list().getItems()) {
      if (pod.getMetadata().getDeletionTimestamp() == null) {
        continue;
      }
      try {
        client
            .pods()
            .inNamespace(NAMESPACE)
            .withName(pod.getMetadata().getName())
            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":null}}");
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
          throw e;
        }
      }
    }
  }

  /// Waits until `holds`; says what somebody needs to see if it does not, and `more`.
  void until(Duration patience, Callable<Boolean> holds, Supplier<String> more) {
    try {
      await().atMost(patience).pollInterval(Duration.ofMillis(200)).until(holds);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("%s\n%s\n%s".formatted(e.getMessage(), diagnosis(), more.get()), e);
    }
  }

  /// What somebody needs to see when nodes do not come or go.
  private String diagnosis() {
    StringBuilder text = new StringBuilder();
    for (String kinds :
        List.of("gnp", "md -n models", "nodepools,nodeclaims", "nodes", "pods -n models")) {
      List<String> words = new ArrayList<>();
      words.add(plane.kubectl().toString());
      words.add("--kubeconfig=" + plane.kubeconfig());
      words.addAll(List.of(("describe " + kinds).split(" ")));
      try {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        text.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        text.append(e.getMessage());
      }
    }
    return text.toString();
  }

  @Override
  public void close() {
    operator.stop();
    assembly.close();
    own.close();
    client.close();
    plane.close();
  }
}
