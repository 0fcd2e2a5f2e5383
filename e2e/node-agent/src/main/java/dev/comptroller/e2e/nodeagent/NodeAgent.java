package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A running agent: nodes in a cluster whose pods are processes of this machine.
///
/// Closing it ends all of its processes; so does any other end of this JVM, `kill -9` included.
public final class NodeAgent implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(NodeAgent.class.getName());
  private static final Duration API_PATIENCE = Duration.ofSeconds(5);

  private final AgentConfig config;
  private final Machinery machinery;
  private final KubeletServer server;
  private final FileChannel folderLock;
  private final Map<String, AgentNode> nodes = new LinkedHashMap<>();
  private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
  private final Set<String> leaving = ConcurrentHashMap.newKeySet();
  private final Thread heartbeat;
  private @Nullable NodeGroups groups;
  private boolean closed;

  private NodeAgent(AgentConfig config, Machinery machinery, FileChannel lock) throws IOException {
    this.config = config;
    this.machinery = machinery;
    this.folderLock = lock;
    this.server = new KubeletServer(machinery, workers);
    this.heartbeat = Thread.ofVirtual().name("heartbeat").unstarted(this::renewLeases);
  }

  /// Starts an agent against the cluster of a kubeconfig file and registers its nodes.
  public static NodeAgent start(Path kubeconfig, AgentConfig config) throws IOException {
    return start(Config.fromKubeconfig(kubeconfig.toFile()), config);
  }

  /// Starts an agent against a cluster and registers its nodes; returns when the API has them.
  public static NodeAgent start(Config cluster, AgentConfig config) throws IOException {
    Path folder = Files.createDirectories(config.folder()).toRealPath();
    FileChannel lock = lock(folder);
    AtomicFolder.deleteTree(folder.resolve("pods"));
    AtomicFolder.deleteTree(folder.resolve("logs"));
    Config patient = new ConfigBuilder(cluster).withRequestRetryBackoffLimit(1).build();
    KubernetesClient client = new KubernetesClientBuilder().withConfig(patient).build();
    var groups = new ProcessGroups();
    Map<String, String> inherited = new LinkedHashMap<>();
    for (String name : config.hostEnvironment()) {
      String value = System.getenv(name);
      if (value != null) {
        inherited.put(name, value);
      }
    }
    var machinery =
        new Machinery(
            folder,
            client,
            KubeAccess.of(patient),
            new Images(config.images()),
            new Sources(client),
            new VolumePaths(config.volumePaths()),
            new PodAddresses(PodAddresses.Network.parse(config.podAddresses())),
            groups,
            new Actor(groups),
            Bill.open(folder.resolve("pods.jsonl")),
            inherited,
            config.timing(),
            InstantSource.system());
    var agent = new NodeAgent(config, machinery, lock);
    try {
      for (NodeConfig node : config.nodes()) {
        agent.addNode(node);
      }
      if (config.nodeGroups()) {
        agent.groups = NodeGroups.start(agent, client);
      }
    } catch (RuntimeException e) {
      agent.close();
      throw e;
    }
    agent.heartbeat.start();
    return agent;
  }

  private static FileChannel lock(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // This very program has it: said below.
    }
    channel.close();
    throw new IOException("folder: " + folder + " is used by another agent; name another folder");
  }

  /// Registers one more node and runs pods on it from now on.
  public void addNode(NodeConfig node) {
    var added =
        new AgentNode(
            node,
            machinery.client(),
            machinery.clock(),
            server.port(),
            Math.max(1, config.timing().leaseRenewal().toSeconds() * 4));
    synchronized (nodes) {
      if (nodes.containsKey(node.name())) {
        throw new IllegalArgumentException("there is a node " + node.name() + " already");
      }
      nodes.put(node.name(), added);
      leaving.remove(node.name());
    }
    try {
      added.register(new PodWatcher(node));
    } catch (RuntimeException e) {
      synchronized (nodes) {
        nodes.remove(node.name());
      }
      added.close();
      throw e;
    }
  }

  /// Ends a node as a machine that is shut down: no new pods, those on it end within their grace
  /// (at most `stopGrace`) with status Failed and reason Terminated, then the Node is deleted.
  public void removeNode(String name) {
    AgentNode node = take(name);
    node.cordon();
    Duration grace = config.timing().stopGrace();
    end(List.of(node), new PodEvent.NodeStops(grace), grace.plus(API_PATIENCE));
    node.delete();
    node.close();
  }

  /// Ends a node as a machine that is lost: processes are killed, no status is written, the Node is
  /// deleted. The bill gets its lines.
  public void failNode(String name) {
    AgentNode node = take(name);
    end(List.of(node), new PodEvent.NodeLost(), API_PATIENCE);
    node.delete();
    node.close();
  }

  private AgentNode take(String name) {
    synchronized (nodes) {
      AgentNode node = nodes.remove(name);
      if (node == null) {
        throw new IllegalArgumentException(
            "there is no node " + name + "; there are " + nodes.keySet());
      }
      leaving.add(name);
      return node;
    }
  }

  /// Names of its nodes.
  public List<String> nodes() {
    synchronized (nodes) {
      return List.copyOf(nodes.keySet());
    }
  }

  /// Pods that hold their GPUs now: bound, and not ended.
  public List<RunningPod> runningPods() {
    return workers.values().stream()
        .filter(worker -> !worker.isOver())
        .map(
            worker -> {
              Pod pod = worker.pod();
              return new RunningPod(
                  pod.getMetadata().getNamespace(),
                  pod.getMetadata().getName(),
                  pod.getMetadata().getUid(),
                  pod.getSpec().getNodeName(),
                  Gpus.of(pod),
                  worker.scheduledAt());
            })
        .toList();
  }

  /// The file with one line for each pod that ended.
  public Path bill() {
    return machinery.folder().resolve("pods.jsonl");
  }

  /// The port of its kubelet API on 127.0.0.1.
  public int port() {
    return server.port();
  }

  private void end(List<AgentNode> ending, PodEvent event, Duration patience) {
    Predicate<PodWorker> concerned =
        worker ->
            ending.stream()
                .anyMatch(n -> n.config().name().equals(worker.pod().getSpec().getNodeName()));
    List<PodWorker> told = workers.values().stream().filter(concerned).toList();
    told.forEach(worker -> worker.tell(event));
    try {
      Instant until = machinery.clock().instant().plus(patience);
      for (PodWorker worker : told) {
        Duration left = Duration.between(machinery.clock().instant(), until);
        if (!worker.awaitEnd(left.isNegative() ? Duration.ZERO : left)) {
          LOG.log(Level.WARNING, "a pod did not end in {0}", patience);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    told.forEach(worker -> worker.tell(new PodEvent.Abandon()));
  }

  private void renewLeases() {
    try {
      while (true) {
        Thread.sleep(config.timing().leaseRenewal());
        List<AgentNode> all;
        synchronized (nodes) {
          all = new ArrayList<>(nodes.values());
        }
        for (AgentNode node : all) {
          try {
            node.renewLease();
          } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "lease of " + node.config().name() + " not renewed", e);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Ends everything; with `removeNodesOnStop` the pods end as on a shutdown and the nodes go.
  @Override
  public void close() throws IOException {
    List<AgentNode> all;
    synchronized (nodes) {
      if (closed) {
        return;
      }
      closed = true;
      all = new ArrayList<>(nodes.values());
      leaving.addAll(nodes.keySet());
      nodes.clear();
    }
    heartbeat.interrupt();
    if (groups != null) {
      groups.close();
    }
    try {
      if (config.removeNodesOnStop()) {
        all.forEach(AgentNode::cordon);
        Duration grace = config.timing().stopGrace();
        end(all, new PodEvent.NodeStops(grace), grace.plus(API_PATIENCE));
        all.forEach(AgentNode::delete);
      } else {
        end(all, new PodEvent.Abandon(), API_PATIENCE);
      }
      all.forEach(AgentNode::close);
    } finally {
      machinery.sources().close();
      machinery.groups().close();
      server.close();
      machinery.addresses().close();
      machinery.bill().close();
      machinery.client().close();
      folderLock.close();
    }
  }

  /// Hands what happens to a node's pods to their workers.
  private final class PodWatcher implements ResourceEventHandler<Pod> {
    private final NodeConfig node;

    PodWatcher(NodeConfig node) {
      this.node = node;
    }

    @Override
    public void onAdd(Pod pod) {
      String uid = pod.getMetadata().getUid();
      Optional<PodWorker> known = Optional.ofNullable(workers.get(uid));
      if (known.isPresent()) {
        known.get().tell(new PodEvent.Changed(pod));
        return;
      }
      if (leaving.contains(node.name())) {
        return; // Nothing new starts on a node that goes.
      }
      var worker = new PodWorker(machinery, node, pod);
      workers.put(uid, worker);
      Thread.ofVirtual()
          .name("pod-" + pod.getMetadata().getName())
          .start(
              () -> {
                try {
                  worker.run();
                } finally {
                  workers.remove(uid, worker);
                }
              });
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      if (!before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
        onDelete(before, true);
      }
      onAdd(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean unknown) {
      PodWorker worker = workers.get(pod.getMetadata().getUid());
      if (worker != null) {
        worker.tell(new PodEvent.Gone(pod));
      }
    }
  }
}
