package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A node in the API: its object, its lease, and the watch on pods that are bound to it.
final class AgentNode implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AgentNode.class.getName());
  private static final String LEASES = "kube-node-lease";
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  private final NodeConfig config;
  private final KubernetesClient client;
  private final InstantSource clock;
  private final int port;
  private final long leaseSeconds;
  private volatile boolean present;
  private volatile String uid = "";
  private @Nullable SharedIndexInformer<Pod> pods;
  private @Nullable SharedIndexInformer<Node> self;

  AgentNode(
      NodeConfig config,
      KubernetesClient client,
      InstantSource clock,
      int port,
      long leaseSeconds) {
    this.config = config;
    this.client = client;
    this.clock = clock;
    this.port = port;
    this.leaseSeconds = leaseSeconds;
  }

  NodeConfig config() {
    return config;
  }

  /// Writes the Node and its lease and starts to watch its pods.
  void register(ResourceEventHandler<Pod> handler) {
    Node wanted = node();
    Node made;
    try {
      made = client.nodes().resource(wanted).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != 409) {
        throw e;
      }
      made = client.nodes().withName(config.name()).patch(MERGE, labelsPatch());
      writeStatus();
    }
    uid = made.getMetadata().getUid();
    present = true;
    renewLease();
    self = client.nodes().withName(config.name()).inform(new Watcher());
    pods = client.pods().inAnyNamespace().withField("spec.nodeName", config.name()).inform(handler);
  }

  private String labelsPatch() {
    return client
        .getKubernetesSerialization()
        .asJson(Map.of("metadata", Map.of("labels", labels())));
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new TreeMap<>(config.labels());
    labels.put("kubernetes.io/hostname", config.name());
    labels.put("kubernetes.io/os", "linux");
    labels.put("kubernetes.io/arch", architecture());
    return labels;
  }

  private static String architecture() {
    String name = System.getProperty("os.arch", "");
    return name.equals("aarch64") ? "arm64" : "amd64";
  }

  private Node node() {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(config.name())
        .withLabels(labels())
        .endMetadata()
        .withNewSpec()
        .endSpec()
        .withStatus(status())
        .build();
  }

  private NodeStatus status() {
    Map<String, Quantity> resources = new TreeMap<>();
    config.capacity().forEach((name, amount) -> resources.put(name, new Quantity(amount)));
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    return new NodeStatusBuilder()
        .withCapacity(resources)
        .withAllocatable(resources)
        .addNewAddress(Machinery.HOST_IP, "InternalIP")
        .addNewAddress(config.name(), "Hostname")
        .withNewDaemonEndpoints()
        .withNewKubeletEndpoint(port)
        .endDaemonEndpoints()
        .withNewNodeInfo()
        .withArchitecture(architecture())
        .withOperatingSystem("linux")
        .withKernelVersion(System.getProperty("os.version", ""))
        .withOsImage("local processes")
        .withContainerRuntimeVersion("process://1")
        .withKubeletVersion(client.getKubernetesVersion().getGitVersion())
        .withMachineID("")
        .withSystemUUID("")
        .withBootID("")
        .withKubeProxyVersion("")
        .endNodeInfo()
        .withConditions(
            List.of(
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", now),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", now),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", now),
                condition("Ready", "True", "KubeletReady", now)))
        .build();
  }

  private static NodeCondition condition(String type, String status, String reason, String now) {
    return new NodeConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(reason.equals("KubeletReady") ? "the agent is posting ready status" : reason)
        .withLastHeartbeatTime(now)
        .withLastTransitionTime(now)
        .build();
  }

  private void writeStatus() {
    client
        .nodes()
        .withName(config.name())
        .subresource("status")
        .patch(
            PodPatch.STRATEGIC,
            client.getKubernetesSerialization().asJson(Map.of("status", status())));
  }

  /// Tells the control plane that the node lives.
  void renewLease() {
    if (!present) {
      return;
    }
    String now = clock.instant().truncatedTo(ChronoUnit.MICROS).toString();
    try {
      client
          .leases()
          .inNamespace(LEASES)
          .withName(config.name())
          .patch(MERGE, "{\"spec\":{\"renewTime\":\"" + withMicros(now) + "\"}}");
    } catch (KubernetesClientException e) {
      if (e.getCode() != 404) {
        LOG.log(Level.WARNING, "{0}: lease not renewed: {1}", config.name(), e.getMessage());
        return;
      }
      createLease();
    }
  }

  private static String withMicros(String instant) {
    // The API wants exactly six digits.
    int dot = instant.indexOf('.');
    String digits = dot < 0 ? "" : instant.substring(dot + 1, instant.length() - 1);
    String whole = dot < 0 ? instant.substring(0, instant.length() - 1) : instant.substring(0, dot);
    return whole + "." + (digits + "000000").substring(0, 6) + "Z";
  }

  private void createLease() {
    try {
      client
          .leases()
          .inNamespace(LEASES)
          .resource(
              new LeaseBuilder()
                  .withNewMetadata()
                  .withName(config.name())
                  .addNewOwnerReference()
                  .withApiVersion("v1")
                  .withKind("Node")
                  .withName(config.name())
                  .withUid(uid)
                  .endOwnerReference()
                  .endMetadata()
                  .withNewSpec()
                  .withHolderIdentity(config.name())
                  .withLeaseDurationSeconds((int) leaseSeconds)
                  .withRenewTime(clock.instant().atZone(ZoneOffset.UTC))
                  .endSpec()
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      LOG.log(Level.WARNING, "{0}: lease not made: {1}", config.name(), e.getMessage());
    }
  }

  /// Keeps new pods away.
  void cordon() {
    try {
      client.nodes().withName(config.name()).patch(MERGE, "{\"spec\":{\"unschedulable\":true}}");
    } catch (KubernetesClientException e) {
      LOG.log(Level.WARNING, "{0}: not cordoned: {1}", config.name(), e.getMessage());
    }
  }

  /// Deletes the Node and its lease.
  void delete() {
    present = false;
    try {
      client.nodes().withName(config.name()).delete();
      client.leases().inNamespace(LEASES).withName(config.name()).delete();
    } catch (KubernetesClientException e) {
      LOG.log(Level.WARNING, "{0}: not deleted: {1}", config.name(), e.getMessage());
    }
  }

  /// Stops to watch.
  @Override
  public void close() {
    present = false;
    var watchedPods = pods;
    if (watchedPods != null) {
      watchedPods.stop();
    }
    var watchedNode = self;
    if (watchedNode != null) {
      watchedNode.stop();
    }
  }

  /// Notices when others take the node for dead or delete it.
  private final class Watcher implements ResourceEventHandler<Node> {
    @Override
    public void onAdd(Node node) {
      onUpdate(node, node);
    }

    @Override
    public void onUpdate(Node before, Node node) {
      boolean ready =
          node.getStatus() != null
              && node.getStatus().getConditions() != null
              && node.getStatus().getConditions().stream()
                  .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
      if (!ready && present) {
        // Not on the informer's thread: it must not wait for the API.
        Thread.ofVirtual().start(this::repair);
      }
    }

    private void repair() {
      try {
        writeStatus();
      } catch (KubernetesClientException e) {
        LOG.log(Level.WARNING, "{0}: status not written: {1}", config.name(), e.getMessage());
      }
    }

    @Override
    public void onDelete(Node node, boolean unknown) {
      if (present) {
        LOG.log(
            Level.WARNING, "{0}: the Node was deleted; its lease is not renewed", config.name());
        present = false;
      }
    }
  }
}
