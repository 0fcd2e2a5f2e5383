package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Groups of like nodes, as a cloud has them: an object says how many there are to be, and nodes
/// come a start delay after they were asked for.
///
/// When there are too many, those go first that have not come yet, then those that take no new
/// pods, then the youngest. A node ends as a machine that is shut down.
final class NodeGroups implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(NodeGroups.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final ResourceDefinitionContext KIND =
      new ResourceDefinitionContext.Builder()
          .withGroup("nodes.agent.local")
          .withVersion("v1")
          .withKind("NodeGroup")
          .withPlural("nodegroups")
          .withNamespaced(false)
          .build();

  private final NodeAgent agent;
  private final KubernetesClient client;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Group> groups = new TreeMap<>();
  private final Set<String> ending = new HashSet<>();
  private final SharedIndexInformer<GenericKubernetesResource> informer;
  private final Thread worker;
  private boolean news = true;

  private NodeGroups(NodeAgent agent, KubernetesClient client) {
    this.agent = agent;
    this.client = client;
    this.informer = client.genericKubernetesResources(KIND).inform(new Watcher());
    this.worker = Thread.ofVirtual().name("node-groups").start(this::run);
  }

  /// A group while the agent runs.
  private static final class Group {
    /// When each node that was asked for comes.
    private final List<Instant> coming = new ArrayList<>();

    private final List<String> nodes = new ArrayList<>();
    private int count;
    private int reported = -1;
  }

  /// What a group asks for.
  private record Wanted(
      int replicas, Duration startDelay, Map<String, String> labels, Map<String, String> capacity) {
    static Wanted of(GenericKubernetesResource object) {
      return new Wanted(
          object.get("spec", "replicas") instanceof Number number ? number.intValue() : 0,
          Duration.parse(
              "PT"
                  + Objects.requireNonNullElse(object.get("spec", "startDelay"), "0s")
                      .toString()
                      .toUpperCase(Locale.ROOT)),
          strings(object.get("spec", "labels")),
          strings(object.get("spec", "capacity")));
    }

    private static Map<String, String> strings(@Nullable Object map) {
      Map<String, String> strings = new LinkedHashMap<>();
      if (map instanceof Map<?, ?> known) {
        known.forEach((key, value) -> strings.put(String.valueOf(key), String.valueOf(value)));
      }
      return strings;
    }
  }

  /// Installs the definition of groups and begins to follow them.
  static NodeGroups start(NodeAgent agent, KubernetesClient client) {
    try (InputStream definition =
        Objects.requireNonNull(NodeGroups.class.getResourceAsStream("nodegroups.yaml"))) {
      client
          .load(definition)
          .items()
          .forEach(
              item ->
                  client
                      .resource(item)
                      .patch(
                          new PatchContext.Builder()
                              .withPatchType(PatchType.SERVER_SIDE_APPLY)
                              .withFieldManager("node-agent")
                              .withForce(true)
                              .build()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("nodegroups.nodes.agent.local")
        .waitUntilCondition(
            crd ->
                crd != null
                    && crd.getStatus() != null
                    && crd.getStatus().getConditions() != null
                    && crd.getStatus().getConditions().stream()
                        .anyMatch(
                            c -> "Established".equals(c.getType()) && "True".equals(c.getStatus())),
            30,
            TimeUnit.SECONDS);
    return new NodeGroups(agent, client);
  }

  private void run() {
    try {
      while (true) {
        Duration pause;
        try {
          pause = follow();
        } catch (RuntimeException e) {
          LOG.log(Level.WARNING, "node groups: again in " + RETRY, e);
          pause = RETRY;
        }
        lock.lock();
        try {
          if (!news) {
            long unused = changed.awaitNanos(pause.toNanos());
          }
          news = false;
        } finally {
          lock.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Does what is due now; how long nothing else will be.
  private Duration follow() {
    Map<String, GenericKubernetesResource> objects = new TreeMap<>();
    informer.getStore().list().forEach(o -> objects.put(o.getMetadata().getName(), o));
    Set<String> names = new HashSet<>(groups.keySet());
    names.addAll(objects.keySet());
    Instant now = Instant.now();
    Duration pause = Duration.ofMinutes(1);
    for (String name : names) {
      Group group = groups.computeIfAbsent(name, _ -> new Group());
      GenericKubernetesResource object = objects.get(name);
      Wanted wanted =
          object == null ? new Wanted(0, Duration.ZERO, Map.of(), Map.of()) : Wanted.of(object);
      follow(name, group, wanted, now);
      if (!group.coming.isEmpty()) {
        Duration next = Duration.between(now, group.coming.getFirst());
        pause = next.compareTo(pause) < 0 ? next : pause;
      }
      if (object != null && group.reported != group.nodes.size()) {
        report(name, group);
      }
      if (object == null && group.nodes.isEmpty()) {
        groups.remove(name);
      }
    }
    return pause.isNegative() ? Duration.ZERO : pause;
  }

  private void follow(String name, Group group, Wanted wanted, Instant now) {
    lock.lock();
    try {
      group.nodes.removeIf(node -> !agent.nodes().contains(node) && !ending.contains(node));
    } finally {
      lock.unlock();
    }
    List<String> staying = group.nodes.stream().filter(node -> !isEnding(node)).toList();
    int missing = wanted.replicas() - staying.size() - group.coming.size();
    for (int i = 0; i < missing; i++) {
      group.coming.add(now.plus(wanted.startDelay()));
    }
    for (int i = missing; i < 0; i++) {
      if (group.coming.isEmpty()) {
        break;
      }
      group.coming.removeLast();
    }
    while (!group.coming.isEmpty() && !group.coming.getFirst().isAfter(now)) {
      String node = free(name, group);
      agent.addNode(new NodeConfig(node, wanted.labels(), wanted.capacity()));
      group.nodes.add(node);
      group.coming.removeFirst();
    }
    for (String node : surplus(staying, staying.size() - wanted.replicas())) {
      end(node);
    }
  }

  /// A name that no node of the cluster has.
  private String free(String group, Group known) {
    String name;
    do {
      known.count++;
      name = group + "-" + known.count;
    } while (client.nodes().withName(name).get() != null);
    return name;
  }

  private List<String> surplus(List<String> staying, int count) {
    if (count <= 0) {
      return List.of();
    }
    List<String> order = new ArrayList<>(staying.reversed());
    order.sort(Comparator.comparing((String node) -> !isCordoned(node)));
    return order.subList(0, count);
  }

  private boolean isCordoned(String name) {
    @Nullable Node node = client.nodes().withName(name).get();
    return node == null || Boolean.TRUE.equals(node.getSpec().getUnschedulable());
  }

  private boolean isEnding(String node) {
    lock.lock();
    try {
      return ending.contains(node);
    } finally {
      lock.unlock();
    }
  }

  /// Ends a node in a thread of its own: its pods get their time.
  private void end(String node) {
    lock.lock();
    try {
      ending.add(node);
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual()
        .name("end-" + node)
        .start(
            () -> {
              try {
                agent.removeNode(node);
              } catch (RuntimeException e) {
                LOG.log(Level.WARNING, node + " did not end as it should", e);
              }
              lock.lock();
              try {
                ending.remove(node);
              } finally {
                lock.unlock();
              }
              wake();
            });
  }

  private void report(String name, Group group) {
    try {
      client
          .genericKubernetesResources(KIND)
          .withName(name)
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"status\":{\"replicas\":%d}}".formatted(group.nodes.size()));
      group.reported = group.nodes.size();
    } catch (KubernetesClientException e) {
      LOG.log(Level.WARNING, "node group {0}: status not written: {1}", name, e.getMessage());
    }
  }

  private void wake() {
    lock.lock();
    try {
      news = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    worker.interrupt();
    informer.stop();
  }

  /// Looks again when a group comes, changes or goes.
  private final class Watcher implements ResourceEventHandler<GenericKubernetesResource> {
    @Override
    public void onAdd(GenericKubernetesResource group) {
      wake();
    }

    @Override
    public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource group) {
      wake();
    }

    @Override
    public void onDelete(GenericKubernetesResource group, boolean unknown) {
      wake();
    }
  }
}
