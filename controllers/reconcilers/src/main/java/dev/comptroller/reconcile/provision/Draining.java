package dev.comptroller.reconcile.provision;

import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Empties nodes: no new pods, and every pod with GPUs is evicted, which its disruption budget may
/// put off. A node that stays after all takes pods again.
public final class Draining {
  private static final Logger LOG = LoggerFactory.getLogger(Draining.class);
  private static final int TOO_MANY_REQUESTS = 429;

  private final KubernetesClient client;
  private final FleetView view;

  /// Through `client`, by the caches of `view`.
  public Draining(KubernetesClient client, FleetView view) {
    this.client = client;
    this.view = view;
  }

  void drain(Order order) {
    for (NodeFacts node : view.nodes()) {
      if (!node.pool().equals(order.name())) {
        continue;
      }
      boolean leaves = order.leaving().contains(node.name());
      if (leaves != node.released()) {
        mark(node.name(), leaves);
      }
    }
    for (Pod pod : view.pods()) {
      Optional<String> node = PodFacts.node(pod);
      if (node.isPresent()
          && order.leaving().contains(node.get())
          && !PodFacts.isTerminating(pod)
          && !PodFacts.isOver(pod)) {
        evict(pod, node.get());
      }
    }
  }

  private void mark(String node, boolean leaves) {
    try {
      client
          .nodes()
          .withName(node)
          .patch(
              new PatchContext.Builder()
                  .withPatchType(PatchType.JSON_MERGE)
                  .withFieldManager(Names.MANAGER)
                  .build(),
              leaves
                  ? "{\"metadata\":{\"labels\":{\"%s\":\"true\"}},\"spec\":{\"unschedulable\":true}}"
                      .formatted(Names.RELEASED_LABEL)
                  : "{\"metadata\":{\"labels\":{\"%s\":null}},\"spec\":{\"unschedulable\":null}}"
                      .formatted(Names.RELEASED_LABEL));
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  private void evict(Pod pod, String node) {
    String namespace = pod.getMetadata().getNamespace();
    String name = pod.getMetadata().getName();
    try {
      client.pods().inNamespace(namespace).withName(name).evict();
    } catch (KubernetesClientException e) {
      switch (e.getCode()) {
        case HttpURLConnection.HTTP_NOT_FOUND -> {}
        case TOO_MANY_REQUESTS ->
            LOG.info("{}/{} stays on {} for now: {}", namespace, name, node, e.getMessage());
        default -> throw e;
      }
    }
  }
}
