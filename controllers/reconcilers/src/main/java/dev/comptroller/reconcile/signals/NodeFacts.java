package dev.comptroller.reconcile.signals;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/// What a node says about itself, as far as money and GPUs are concerned.
///
/// @param name node name
/// @param pool its pool; empty if the node has no pool label
/// @param type how it is paid for
/// @param ready whether it is ready and takes new pods
/// @param gpus allocatable GPUs
public record NodeFacts(String name, String pool, CapacityType type, boolean ready, int gpus) {
  /// The facts of `node`.
  public static NodeFacts of(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    Map<String, String> known = labels == null ? Map.of() : labels;
    return new NodeFacts(
        node.getMetadata().getName(),
        known.getOrDefault(Names.POOL_LABEL, ""),
        capacityType(known),
        isReady(node),
        gpus(node));
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
