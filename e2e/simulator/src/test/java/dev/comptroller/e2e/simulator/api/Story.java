package dev.comptroller.e2e.simulator.api;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Something that happens to a cluster, in stages that each end at rest.
///
/// @param name what it is about
/// @param setting what is there before the operator starts
/// @param stages what happens, in order
record Story(String name, Consumer<Rig> setting, List<Stage> stages) {
  static final Instant START = Instant.parse("2026-03-10T06:00:00Z");

  /// A change of the world and the time that it is given.
  record Stage(Consumer<Rig> change, Duration time) {}

  @Override
  public String toString() {
    return name;
  }

  /// The world of most stories: one pool at 8 dollars a node-hour, one node of 8 GPUs.
  static void oneNode(Rig rig) {
    pool(rig, 8);
    rig.fleet.node("node-1", "amber", "on-demand");
    namespace("blue").accept(rig);
  }

  /// The same with another node.
  static void twoNodes(Rig rig) {
    oneNode(rig);
    rig.fleet.node("node-2", "amber", "on-demand");
  }

  /// Declares the pool at `dollars` a node-hour from now on.
  static void pool(Rig rig, int dollars) {
    rig.bill.price("amber", rig.clock.instant(), Map.of("on-demand", dollars * 1_000_000L));
    rig.fleet.apply(
        """
        apiVersion: comptroller.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: amber}
        spec:
          gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
          capacity:
          - {type: OnDemand, pricePerNodeHour: "%d", maxNodes: 4}
          provisioner: {static: {}}
        """
            .formatted(dollars));
  }

  static Consumer<Rig> namespace(String name) {
    return rig ->
        rig.fleet.apply("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(name));
  }

  static Consumer<Rig> budget(String namespace, String name, String amount) {
    return rig ->
        rig.fleet.apply(
            """
            apiVersion: comptroller.dev/v1alpha1
            kind: InferenceBudget
            metadata: {name: %s, namespace: %s}
            spec: {amount: "%s", period: Day, timeZone: UTC, enforcement: Hard}
            """
                .formatted(name, namespace, amount));
  }

  /// A deployment on two rungs: 4 GPUs a replica, or 1.
  static Consumer<Rig> deployment(String namespace, String name, String more) {
    return rig ->
        rig.fleet.apply(
            """
            apiVersion: comptroller.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: %s, namespace: %s}
            spec:
              scaling: {minReplicas: 0, maxReplicas: 8}
              variants:
              - name: large
                model: {uri: "pvc://models/large.gguf", parameters: 7B, quantization: Q4_K_M}
                gpus: 4
                pool: amber
                quality: 90
              - name: small
                model: {uri: "pvc://models/small.gguf", parameters: 1B, quantization: Q4_K_M}
                gpus: 1
                pool: amber
                quality: 60
            %s
            """
                .formatted(name, namespace, more.indent(2)));
  }

  /// What `changes` do, and `minutes` for it.
  @SafeVarargs
  static Stage stage(int minutes, Consumer<Rig>... changes) {
    List<Consumer<Rig>> all = new ArrayList<>();
    for (Consumer<Rig> change : changes) {
      all.add(change);
    }
    return new Stage(rig -> all.forEach(change -> change.accept(rig)), Duration.ofMinutes(minutes));
  }

  static Consumer<Rig> delete(Kind kind, String namespace, String name) {
    return rig -> rig.fleet.delete(kind, namespace, name);
  }
}
