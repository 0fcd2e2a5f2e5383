package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.Variant;
import dev.comptroller.decide.pool.PoolSeen;
import dev.comptroller.decide.pool.PoolSeen.Need;
import dev.comptroller.decide.pool.PoolSeen.Node;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// Gathers what a decision about the nodes of a pool depends on; from caches alone.
final class PoolObserver {
  private final FleetView view;
  private final Pools pools;

  PoolObserver(FleetView view, Pools pools) {
    this.view = view;
    this.pools = pools;
  }

  /// What is seen of `pool`.
  PoolSeen observe(GpuNodePool pool) {
    String name = pool.getMetadata().getName();
    Map<String, Integer> used = pools.gpusUsed();
    List<Node> nodes =
        view.nodes().stream()
            .filter(node -> node.pool().equals(name))
            .map(
                node ->
                    new Node(
                        node.name(),
                        node.type(),
                        node.ready(),
                        node.gpus(),
                        used.getOrDefault(node.name(), 0),
                        node.since(),
                        node.notice()))
            .toList();
    List<Need> needs = new ArrayList<>();
    for (ModelDeployment deployment : view.deployments()) {
      needs(deployment, name, needs);
    }
    return new PoolSeen(nodes, needs, PoolCodec.memory(PoolReport.previous(pool)));
  }

  /// The pools that the variants of `deployment` run in.
  static Set<String> poolsOf(ModelDeployment deployment) {
    Set<String> names = new TreeSet<>();
    if (deployment.getSpec() != null) {
      deployment.getSpec().variants().forEach(variant -> names.add(variant.pool()));
    }
    return names;
  }

  /// What a deployment holds or was granted in `pool`: as many replicas as a leg of it asks for,
  /// as many as exist if those are more, and one of a variant that a change is about to start.
  private void needs(ModelDeployment deployment, String pool, List<Need> needs) {
    if (deployment.getSpec() == null || !poolsOf(deployment).contains(pool)) {
      return;
    }
    String namespace = deployment.getMetadata().getNamespace();
    String name = deployment.getMetadata().getName();
    ModelDeploymentStatus status = deployment.getStatus();
    List<Pod> pods = view.replicas(namespace, name);
    for (Variant variant : deployment.getSpec().variants()) {
      if (!variant.pool().equals(pool)) {
        continue;
      }
      int live = 0;
      Map<String, Integer> placed = new HashMap<>();
      for (Pod pod : pods) {
        if (isLive(pod)
            && PodFacts.label(pod, Names.VARIANT_LABEL).orElse("").equals(variant.name())) {
          live++;
          PodFacts.node(pod).ifPresent(node -> placed.merge(node, 1, Integer::sum));
        }
      }
      int replicas = Math.max(live, status == null ? 0 : asked(status, variant.name()));
      if (replicas > 0) {
        needs.add(
            new Need(
                "%s/%s/%s".formatted(namespace, name, variant.name()),
                variant.gpus(),
                replicas,
                placed,
                Objects.requireNonNullElse(deployment.getSpec().priority(), 0)));
      }
    }
  }

  private static int asked(ModelDeploymentStatus status, String variant) {
    int replicas =
        status.legs().stream()
            .filter(leg -> leg.variant().equals(variant))
            .mapToInt(ModelDeploymentStatus.Leg::replicas)
            .sum();
    ModelDeploymentStatus.Transition change = status.transition();
    return change != null && variant.equals(change.to()) ? Math.max(1, replicas) : replicas;
  }

  private static boolean isLive(Pod pod) {
    return !PodFacts.isTerminating(pod) && !PodFacts.isOver(pod);
  }
}
