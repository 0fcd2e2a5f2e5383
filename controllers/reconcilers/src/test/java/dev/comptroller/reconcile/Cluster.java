package dev.comptroller.reconcile;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.e2e.controlplane.ControlPlane;
import dev.comptroller.e2e.controlplane.Options;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/// A real control plane with our CRDs, and fake nodes whose pods' statuses tests write themselves.
final class Cluster implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final String RBAC =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: operator-in-%1$s}
      rules:
      - apiGroups: [comptroller.dev]
        resources: [modeldeployments, inferencebudgets, gpunodepools]
        verbs: [get, list, watch]
      - apiGroups: [comptroller.dev]
        resources: [modeldeployments/status, inferencebudgets/status, gpunodepools/status]
        verbs: [patch]
      - apiGroups: [apps]
        resources: [deployments]
        verbs: [get, list, watch, create, patch, delete]
      - apiGroups: [""]
        resources: [services]
        verbs: [get, list, watch, create, patch]
      - apiGroups: [""]
        resources: [pods]
        verbs: [get, list, watch, create, patch, delete]
      - apiGroups: [""]
        resources: [nodes]
        verbs: [get, list, watch, patch]
      - apiGroups: [""]
        resources: [pods/eviction]
        verbs: [create]
      - apiGroups: [apps]
        resources: [statefulsets]
        verbs: [get]
      - apiGroups: [apps]
        resources: [statefulsets/scale]
        verbs: [get, patch]
      - apiGroups: [events.k8s.io]
        resources: [events]
        verbs: [create]
      - apiGroups: [apiextensions.k8s.io]
        resources: [customresourcedefinitions]
        verbs: [get]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: operator-in-%1$s}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: operator-in-%1$s}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: operator-in-%1$s}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: operator, namespace: %1$s}
      rules:
      - apiGroups: [""]
        resources: [configmaps]
        verbs: [get, list, watch, create, update, patch, delete]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: operator, namespace: %1$s}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: operator}
      subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: operator-in-%1$s}]
      """;
  private static final Path CRDS = Path.of("../../crds/src/main/crds");

  final ControlPlane plane = ControlPlane.start(Options.everything());
  final KubernetesClient client = client(plane);
  private final List<Thread> beats = new CopyOnWriteArrayList<>();

  Cluster() {
    try (Stream<Path> files = Files.list(CRDS)) {
      for (Path file : files.sorted().toList()) {
        client
            .load(Files.newInputStream(file))
            .items()
            .forEach(
                crd ->
                    client
                        .resource(crd)
                        .patch(
                            new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager("test")
                                .withForce(true)
                                .build()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await()
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              client.resources(ModelDeployment.class).inAnyNamespace().list();
              client.resources(InferenceBudget.class).inAnyNamespace().list();
              client.resources(GpuNodePool.class).list();
            });
  }

  static KubernetesClient client(ControlPlane plane) {
    return new KubernetesClientBuilder().withConfig(config(plane)).build();
  }

  static Config config(ControlPlane plane) {
    try {
      return Config.fromKubeconfig(Files.readString(plane.kubeconfig()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(100));
  }

  /// The client configuration of a user who may do what the operator needs, and no more.
  Config restricted(String home) {
    apply(RBAC.formatted(home));
    try {
      return Config.fromKubeconfig(Files.readString(plane.kubeconfig("operator-in-" + home)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A new namespace with a name that starts with `prefix`.
  String namespace(String prefix) {
    String name = prefix + "-" + COUNT.incrementAndGet();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    return name;
  }

  /// Applies `yaml`, as kubectl would.
  void apply(String yaml) {
    client
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .items()
        .forEach(
            item ->
                client
                    .resource(item)
                    .patch(
                        new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager("kubectl")
                            .withForce(true)
                            .build()));
  }

  /// A budget of `amount` dollars a month.
  void budget(String namespace, String amount) {
    apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: InferenceBudget
        metadata: {name: team, namespace: %s}
        spec: {amount: "%s", period: Month, timeZone: Europe/Berlin}
        """
            .formatted(namespace, amount));
  }

  /// A static pool of 8-GPU nodes at `price` dollars an hour on demand.
  void pool(String name, String price) {
    apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: %s}
        spec:
          gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
          capacity:
          - {type: OnDemand, pricePerNodeHour: "%s", maxNodes: 4}
          provisioner: {static: {}}
        """
            .formatted(name, price));
  }

  /// The claim of a namespace's models.
  void models(String namespace) {
    apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: models-%1$s}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadOnlyMany]
          storageClassName: ""
          hostPath: {path: /models}
          claimRef: {namespace: %1$s, name: models}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models, namespace: %1$s}
        spec:
          accessModes: [ReadOnlyMany]
          storageClassName: ""
          volumeName: models-%1$s
          resources: {requests: {storage: 1Gi}}
        """
            .formatted(namespace));
  }

  /// A deployment with two rungs, `large` of 4 GPUs and `small` of 1.
  void deployment(String namespace, String name, String pool, int replicas) {
    models(namespace);
    apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: ModelDeployment
        metadata: {name: %s, namespace: %s}
        spec:
          replicas: %d
          scaling: {minReplicas: 0, maxReplicas: 8}
          variants:
          - name: large
            model: {uri: "pvc://models/large.gguf", parameters: 7B, quantization: Q4_K_M}
            gpus: 4
            pool: %s
            quality: 90
          - name: small
            model: {uri: "pvc://models/small.gguf", parameters: 1B, quantization: Q4_K_M}
            gpus: 1
            pool: %s
            quality: 60
        """
            .formatted(name, namespace, replicas, pool, pool));
  }

  /// A ready node with 8 GPUs.
  void node(String name, String pool) {
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
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .addToLabels(Names.POOL_LABEL, pool)
            .addToLabels(Names.CAPACITY_TYPE_LABEL, "on-demand")
            .endMetadata()
            .build();
    client.resource(node).create();
    retrying(
        () ->
            client
                .nodes()
                .withName(name)
                .editStatus(
                    n ->
                        new NodeBuilder(n)
                            .withNewStatus()
                            .withCapacity(capacity)
                            .withAllocatable(capacity)
                            .endStatus()
                            .build()));
    beat(name);
    beats.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    while (true) {
                      Thread.sleep(Duration.ofSeconds(8));
                      beat(name);
                    }
                  } catch (InterruptedException | KubernetesClientException _) {
                    // the test is over, or the node is gone
                  }
                }));
    await()
        .until(
            () -> {
              List<Taint> taints = client.nodes().withName(name).get().getSpec().getTaints();
              return taints == null || taints.isEmpty();
            });
  }

  private void beat(String node) {
    String ready =
        """
        {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
          "message": "ready", "lastHeartbeatTime": "%s", "lastTransitionTime": "%s"}]}}
        """
            .formatted(now(), now());
    client
        .nodes()
        .withName(node)
        .subresource("status")
        .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), ready);
  }

  /// Writes again where somebody else wrote meanwhile.
  static void retrying(Runnable write) {
    await()
        .until(
            () -> {
              try {
                write.run();
                return true;
              } catch (KubernetesClientException e) {
                if (e.getCode() != 409) {
                  throw e;
                }
                return false;
              }
            });
  }

  /// Lets `pod`'s container run since now, ready at `address`.
  void run(Pod pod, String address) {
    status(
        pod,
        p -> {
          p.getStatus().setPhase("Running");
          p.getStatus().setPodIP(address);
          p.getStatus()
              .setContainerStatuses(
                  List.of(
                      new ContainerStatusBuilder()
                          .withName(Names.RUNTIME_CONTAINER)
                          .withImage("runtime")
                          .withImageID("runtime")
                          .withReady(true)
                          .withRestartCount(0)
                          .withState(
                              new ContainerStateBuilder()
                                  .withNewRunning()
                                  .withStartedAt(now())
                                  .endRunning()
                                  .build())
                          .build()));
          p.getStatus().getConditions().removeIf(c -> c.getType().equals("Ready"));
          p.getStatus()
              .getConditions()
              .add(
                  new PodConditionBuilder()
                      .withType("Ready")
                      .withStatus("True")
                      .withLastTransitionTime(now())
                      .build());
        });
  }

  /// Ends `pod`'s container at `finishedAt`, as a node does before it lets the pod go.
  void finish(Pod pod, Instant finishedAt) {
    status(
        pod,
        p -> {
          p.getStatus().setPhase("Succeeded");
          p.getStatus()
              .setContainerStatuses(
                  List.of(
                      new ContainerStatusBuilder()
                          .withName(Names.RUNTIME_CONTAINER)
                          .withImage("runtime")
                          .withImageID("runtime")
                          .withReady(false)
                          .withRestartCount(0)
                          .withState(
                              new ContainerStateBuilder()
                                  .withNewTerminated()
                                  .withExitCode(0)
                                  .withFinishedAt(
                                      finishedAt.truncatedTo(ChronoUnit.SECONDS).toString())
                                  .endTerminated()
                                  .build())
                          .build()));
          p.getStatus().getConditions().removeIf(c -> c.getType().equals("Ready"));
        });
  }

  /// Lets `pod` go for good, as its node does once its containers have ended.
  void release(Pod pod) {
    client.resource(pod).withGracePeriod(0).delete();
  }

  void status(Pod pod, Consumer<Pod> edit) {
    retrying(
        () ->
            client
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .editStatus(
                    p -> {
                      edit.accept(p);
                      return p;
                    }));
  }

  /// Pods of a deployment, by name.
  List<Pod> pods(String namespace, String deployment) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel(Names.DEPLOYMENT_LABEL, deployment)
        .list()
        .getItems();
  }

  static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  @Override
  public void close() {
    beats.forEach(Thread::interrupt);
    client.close();
    plane.close();
  }
}
