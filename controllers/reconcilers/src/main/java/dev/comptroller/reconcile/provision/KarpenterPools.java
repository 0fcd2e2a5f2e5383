package dev.comptroller.reconcile.provision;

import dev.comptroller.api.v1alpha1.Provisioner;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Nodes by Karpenter: one NodePool for each capacity type, which belongs to the GpuNodePool.
///
/// With static capacity its replicas are the target. Otherwise its limit is: pods that wait make
/// Karpenter launch nodes within it, and a node that is to go loses its NodeClaim. On its own
/// account Karpenter removes no node but one that expired.
final class KarpenterPools {
  private static final String GROUP = "karpenter.sh";
  private static final String NODE_POOL_LABEL = "karpenter.sh/nodepool";

  private final KubernetesClient client;

  KarpenterPools(KubernetesClient client) {
    this.client = client;
  }

  /// Makes the NodePools of `order` as `how` says.
  Outcome apply(Order order, Provisioner.Karpenter how) {
    List<String> did = new ArrayList<>();
    for (Map.Entry<CapacityType, Integer> entry : order.targets().entrySet()) {
      String name = name(order, entry.getKey());
      var nodePools = client.genericKubernetesResources(kind("NodePool", "nodepools"));
      @Nullable GenericKubernetesResource there = nodePools.withName(name).get();
      if (there != null && !isOurs(there, order)) {
        return new Outcome.Refused(
            "NodePool %s exists and does not belong to GpuNodePool %s: delete or rename it"
                .formatted(name, order.name()));
      }
      Map<String, Object> wanted = nodePool(order, how, entry.getKey(), entry.getValue());
      if (there == null || !Covers.covers(there, wanted)) {
        nodePools
            .resource(
                Serialization.unmarshal(
                    Serialization.asJson(wanted), GenericKubernetesResource.class))
            .fieldManager(Names.MANAGER)
            .forceConflicts()
            .serverSideApply();
        did.add("NodePool %s: %d nodes".formatted(name, entry.getValue()));
      }
    }
    if (!how.staticCapacity()) {
      remove(order, did);
    }
    return new Outcome.Done(did);
  }

  private static String name(Order order, CapacityType type) {
    return order.name() + "-" + type.label();
  }

  private static boolean isOurs(GenericKubernetesResource there, Order order) {
    return there.getMetadata().getOwnerReferences().stream()
        .anyMatch(o -> Objects.equals(o.getUid(), order.pool().getMetadata().getUid()));
  }

  private static Map<String, Object> nodePool(
      Order order, Provisioner.Karpenter how, CapacityType type, int nodes) {
    List<Map<String, Object>> requirements = new ArrayList<>();
    requirements.add(requirement("karpenter.sh/capacity-type", "In", List.of(type.label())));
    for (Provisioner.Requirement each : how.requirements()) {
      requirements.add(requirement(each.key(), each.operator().wire(), each.values()));
    }
    Map<String, Object> template = new LinkedHashMap<>();
    template.put(
        "nodeClassRef",
        Map.of(
            "group", how.nodeClass().group(),
            "kind", how.nodeClass().kind(),
            "name", how.nodeClass().name()));
    template.put("requirements", requirements);
    template.put("expireAfter", how.expireAfter() == null ? "Never" : how.expireAfter());
    Map<String, Object> spec = new LinkedHashMap<>();
    if (how.staticCapacity()) {
      spec.put("replicas", nodes);
    }
    spec.put("limits", Map.of("nodes", Integer.toString(nodes)));
    spec.put(
        "disruption",
        Map.of(
            "consolidationPolicy",
            "WhenEmpty",
            "consolidateAfter",
            "Never",
            "budgets",
            List.of(Map.of("nodes", "1"))));
    spec.put(
        "template",
        Map.of(
            "metadata",
            Map.of(
                "labels",
                Map.of(Names.POOL_LABEL, order.name(), Names.CAPACITY_TYPE_LABEL, type.label())),
            "spec",
            template));
    return Map.of(
        "apiVersion",
        GROUP + "/v1",
        "kind",
        "NodePool",
        "metadata",
        Map.of(
            "name",
            name(order, type),
            "labels",
            Map.of("app.kubernetes.io/managed-by", Names.MANAGER),
            "ownerReferences",
            List.of(
                Map.of(
                    "apiVersion", order.pool().getApiVersion(),
                    "kind", order.pool().getKind(),
                    "name", order.name(),
                    "uid", order.pool().getMetadata().getUid(),
                    "controller", true))),
        "spec",
        spec);
  }

  private static Map<String, Object> requirement(String key, String operator, List<String> values) {
    Map<String, Object> requirement = new LinkedHashMap<>();
    requirement.put("key", key);
    requirement.put("operator", operator);
    if (!values.isEmpty()) {
      requirement.put("values", values);
    }
    return requirement;
  }

  /// Lets the nodes go that are drained: Karpenter ends the machine of a NodeClaim that is deleted.
  private void remove(Order order, List<String> did) {
    if (order.drained().isEmpty()) {
      return;
    }
    var claims = client.genericKubernetesResources(kind("NodeClaim", "nodeclaims"));
    for (GenericKubernetesResource claim : claims.list().getItems()) {
      String pool =
          Optional.ofNullable(claim.getMetadata().getLabels())
              .map(labels -> labels.get(NODE_POOL_LABEL))
              .orElse("");
      boolean ours =
          order.targets().keySet().stream().anyMatch(type -> name(order, type).equals(pool));
      Object node = claim.get("status", "nodeName");
      if (ours
          && order.drained().contains(String.valueOf(node))
          && claim.getMetadata().getDeletionTimestamp() == null) {
        claims.withName(claim.getMetadata().getName()).delete();
        did.add("NodeClaim %s of node %s: deleted".formatted(claim.getMetadata().getName(), node));
      }
    }
  }

  private static ResourceDefinitionContext kind(String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(GROUP)
        .withVersion("v1")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(false)
        .build();
  }
}
