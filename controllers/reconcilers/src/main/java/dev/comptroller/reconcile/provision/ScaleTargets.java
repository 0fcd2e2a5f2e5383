package dev.comptroller.reconcile.provision;

import dev.comptroller.api.v1alpha1.CapacityType;
import dev.comptroller.api.v1alpha1.Provisioner;
import dev.comptroller.reconcile.provision.ScaleClient.Scaled;
import dev.comptroller.reconcile.provision.ScaleClient.Target;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Nodes by the number in a scale subresource: of anything, or of MachineDeployments.
final class ScaleTargets {
  private static final String CLUSTER_API = "cluster.x-k8s.io";
  private static final String DELETE_MACHINE = "cluster.x-k8s.io/delete-machine";

  private final KubernetesClient client;
  private final ScaleClient scales;

  ScaleTargets(KubernetesClient client) {
    this.client = client;
    this.scales = new ScaleClient(client);
  }

  /// Scales the resources that `to` names.
  Outcome apply(Order order, Provisioner.ScaleTarget to) {
    SortedMap<CapacityType, Target> targets = new TreeMap<>();
    for (Provisioner.Target target : to.targets()) {
      targets.put(
          target.type(),
          new Target(target.apiVersion(), target.kind(), target.namespace(), target.name()));
    }
    return scale(order, targets);
  }

  /// Scales the MachineDeployments that `to` names, and marks the Machines that are to go first.
  Outcome apply(Order order, Provisioner.ClusterApi to) {
    String version = CLUSTER_API + "/" + version();
    SortedMap<CapacityType, Target> targets = new TreeMap<>();
    for (Provisioner.MachineDeployment machines : to.machineDeployments()) {
      targets.put(
          machines.type(),
          new Target(version, "MachineDeployment", to.namespace(), machines.name()));
    }
    if (!order.leaving().isEmpty()) {
      mark(order, to, Set.copyOf(targets.values().stream().map(Target::name).toList()));
    }
    return scale(order, targets);
  }

  private Outcome scale(Order order, SortedMap<CapacityType, Target> targets) {
    List<String> did = new ArrayList<>();
    for (Map.Entry<CapacityType, Target> entry : targets.entrySet()) {
      Integer wanted = order.targets().get(Types.domain(entry.getKey()));
      if (wanted == null) {
        continue;
      }
      switch (scales.scale(entry.getValue(), wanted)) {
        case Scaled.Same() -> {}
        case Scaled.Changed(int before) ->
            did.add("%s: from %d to %d nodes".formatted(entry.getValue(), before, wanted));
        case Scaled.Impossible(String message) -> {
          return new Outcome.Refused(message);
        }
      }
    }
    return new Outcome.Done(did);
  }

  /// The version that the cluster prefers.
  private String version() {
    return client.getApiGroups().getGroups().stream()
        .filter(group -> CLUSTER_API.equals(group.getName()))
        .map(group -> group.getPreferredVersion().getVersion())
        .findFirst()
        .orElse("v1beta2");
  }

  /// Of the Machines that nodes run on, those are removed first that carry the mark.
  private void mark(Order order, Provisioner.ClusterApi to, Set<String> deployments) {
    ResourceDefinitionContext machines =
        new ResourceDefinitionContext.Builder()
            .withGroup(CLUSTER_API)
            .withVersion(version())
            .withKind("Machine")
            .withPlural("machines")
            .withNamespaced(true)
            .build();
    var all = client.genericKubernetesResources(machines).inNamespace(to.namespace());
    for (GenericKubernetesResource machine : all.list().getItems()) {
      Map<String, String> labels = machine.getMetadata().getLabels();
      String owner =
          labels == null ? "" : labels.getOrDefault("cluster.x-k8s.io/deployment-name", "");
      Map<String, String> marks = machine.getMetadata().getAnnotations();
      Object node = machine.get("status", "nodeRef", "name");
      boolean marked = marks != null && marks.containsKey(DELETE_MACHINE);
      if (deployments.contains(owner)
          && order.leaving().contains(String.valueOf(node))
          && !marked) {
        all.withName(machine.getMetadata().getName())
            .patch(
                PatchContext.of(PatchType.JSON_MERGE),
                "{\"metadata\":{\"annotations\":{\"%s\":\"true\"}}}".formatted(DELETE_MACHINE));
      }
    }
  }
}
