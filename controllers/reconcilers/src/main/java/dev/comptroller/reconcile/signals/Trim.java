package dev.comptroller.reconcile.signals;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeSpecBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Cuts objects down to what is read from the caches.
final class Trim {
  private Trim() {}

  /// `pod` without what nobody reads; nothing if it neither uses GPUs nor is a replica of ours.
  static Optional<Pod> pod(Pod pod) {
    if (PodFacts.gpus(pod) == 0 && !PodFacts.isReplica(pod)) {
      return Optional.empty();
    }
    return Optional.of(
        new PodBuilder()
            .withMetadata(meta(pod.getMetadata()))
            .withSpec(spec(pod.getSpec()))
            .withStatus(status(pod.getStatus()))
            .build());
  }

  /// `node` without what nobody reads.
  static Optional<Node> node(Node node) {
    NodeSpec spec = node.getSpec();
    return Optional.of(
        new NodeBuilder()
            .withMetadata(meta(node.getMetadata()))
            .withSpec(
                new NodeSpecBuilder()
                    .withUnschedulable(spec == null ? null : spec.getUnschedulable())
                    .withTaints(spec == null ? List.of() : spec.getTaints())
                    .build())
            .withStatus(status(node.getStatus()))
            .build());
  }

  private static NodeStatus status(NodeStatus status) {
    NodeStatusBuilder kept = new NodeStatusBuilder();
    if (status != null && status.getAllocatable() != null) {
      var gpus = status.getAllocatable().get(Names.GPU_RESOURCE);
      kept.withAllocatable(gpus == null ? Map.of() : Map.of(Names.GPU_RESOURCE, gpus));
    }
    if (status != null && status.getConditions() != null) {
      kept.withConditions(
          status.getConditions().stream().filter(c -> "Ready".equals(c.getType())).toList());
    }
    return kept.build();
  }

  private static ObjectMeta meta(ObjectMeta meta) {
    return new ObjectMetaBuilder()
        .withName(meta.getName())
        .withNamespace(meta.getNamespace())
        .withUid(meta.getUid())
        .withResourceVersion(meta.getResourceVersion())
        .withCreationTimestamp(meta.getCreationTimestamp())
        .withDeletionTimestamp(meta.getDeletionTimestamp())
        .withDeletionGracePeriodSeconds(meta.getDeletionGracePeriodSeconds())
        .withLabels(meta.getLabels())
        .withFinalizers(meta.getFinalizers())
        .withOwnerReferences(meta.getOwnerReferences())
        .build();
  }

  private static PodSpec spec(PodSpec spec) {
    if (spec == null) {
      return new PodSpec();
    }
    return new PodSpecBuilder()
        .withNodeName(spec.getNodeName())
        .withContainers(containers(spec.getContainers()))
        .withInitContainers(containers(spec.getInitContainers()))
        .build();
  }

  private static List<Container> containers(List<Container> containers) {
    return containers == null
        ? List.of()
        : containers.stream()
            .map(
                c ->
                    new ContainerBuilder()
                        .withName(c.getName())
                        .withResources(c.getResources())
                        .build())
            .toList();
  }

  private static PodStatus status(PodStatus status) {
    if (status == null) {
      return new PodStatus();
    }
    return new PodStatusBuilder()
        .withPhase(status.getPhase())
        .withReason(status.getReason())
        .withMessage(status.getMessage())
        .withPodIP(status.getPodIP())
        .withConditions(status.getConditions())
        .withContainerStatuses(status.getContainerStatuses())
        .withInitContainerStatuses(status.getInitContainerStatuses())
        .build();
  }
}
