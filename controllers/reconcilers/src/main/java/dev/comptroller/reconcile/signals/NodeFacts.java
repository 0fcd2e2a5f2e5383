package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a node says about itself, as far as money and GPUs are concerned.
///
/// @param name node name
/// @param pool its pool; empty if the node has no pool label
/// @param type how it is paid for
/// @param ready whether it is ready and takes new pods
/// @param gpus allocatable GPUs
/// @param since when it joined
/// @param notice why it is about to leave without having been told to by us; absent if it is not
/// @param released whether it carries our mark of a node that was told to leave
public record NodeFacts(
    String name,
    String pool,
    CapacityType type,
    boolean ready,
    int gpus,
    Instant since,
    @Nullable String notice,
    boolean released) {
  /// Taints by which clouds, Karpenter and others say that a node is about to go.
  private static final Set<String> NOTICES =
      Set.of(
          "karpenter.sh/disrupted",
          "node.kubernetes.io/out-of-service",
          "node.cloudprovider.kubernetes.io/shutdown",
          "cloud.google.com/impending-node-termination",
          "aws-node-termination-handler/spot-itn",
          "aws-node-termination-handler/asg-lifecycle-termination",
          "aws-node-termination-handler/scheduled-maintenance",
          "ToBeDeletedByClusterAutoscaler");

  /// A node that stays.
  public NodeFacts(String name, String pool, CapacityType type, boolean ready, int gpus) {
    this(name, pool, type, ready, gpus, Instant.EPOCH, null, false);
  }

  /// The facts of `node`.
  public static NodeFacts of(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    Map<String, String> known = labels == null ? Map.of() : labels;
    return new NodeFacts(
        node.getMetadata().getName(),
        known.getOrDefault(Names.POOL_LABEL, ""),
        capacityType(known),
        isReady(node),
        gpus(node),
        PodFacts.instant(node.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH),
        notice(node),
        "true".equals(known.get(Names.RELEASED_LABEL)));
  }

  private static @Nullable String notice(Node node) {
    if (node.getMetadata().getDeletionTimestamp() != null) {
      return "deleted";
    }
    List<Taint> taints = node.getSpec() == null ? null : node.getSpec().getTaints();
    return taints == null
        ? null
        : taints.stream().map(Taint::getKey).filter(NOTICES::contains).findFirst().orElse(null);
  }

  private static CapacityType capacityType(Map<String, String> labels) {
    String ours = labels.get(Names.CAPACITY_TYPE_LABEL);
    String karpenter = labels.get(Names.KARPENTER_CAPACITY_TYPE_LABEL);
    return CapacityType.parse(ours != null ? ours : karpenter != null ? karpenter : "");
  }

  private static boolean isReady(Node node) {
    boolean cordoned =
        node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
    return !cordoned
        && node.getStatus() != null
        && node.getStatus().getConditions() != null
        && node.getStatus().getConditions().stream()
            .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
  }

  private static int gpus(Node node) {
    if (node.getStatus() == null || node.getStatus().getAllocatable() == null) {
      return 0;
    }
    Quantity quantity = node.getStatus().getAllocatable().get(Names.GPU_RESOURCE);
    return quantity == null ? 0 : quantity.getNumericalAmount().intValue();
  }
}
