package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/// The part of the demo in which a pool makes and removes its own nodes: replicas are asked for,
/// nodes come after their start delay, the ceiling stops one, and idle nodes go again.
final class Tide {
  /// The namespace of its deployment.
  static final String NAMESPACE = "tide";

  private static final String POOL = "h100-tide";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration LOOK = Duration.ofMillis(500);

  /// What stands in for a cloud: machines that need a while until they are nodes.
  private static final String MACHINES =
      """
      apiVersion: nodes.agent.local/v1
      kind: NodeGroup
      metadata: {name: h100-tide}
      spec:
        startDelay: 5s
        labels:
          comptroller.dev/pool: h100-tide
          comptroller.dev/capacity-type: on-demand
          nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
        capacity: {nvidia.com/gpu: "8"}
      """;

  /// A model whose replicas take a whole node each.
  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: wide, namespace: tide}
      spec:
        replicas: 1
        scaling: {minReplicas: 0, maxReplicas: 4}
        variants:
          - name: tiny
            quality: 10
            pool: h100-tide
            gpus: 8
            model: {uri: "pvc://models/MODEL", contextLength: 2048}
            throughput: {tokensPerSecond: 2000}
      """;

  private final LocalFleet fleet;
  private final String model;
  private final PrintStream out;
  private final Narrator narrator;

  Tide(LocalFleet fleet, ModelCache.Kind kind, PrintStream out) {
    this.fleet = fleet;
    this.model =
        switch (kind) {
          case REAL -> "stand-in-tiny.gguf";
          case SEEDED -> "seeded-tiny.gguf";
        };
    this.out = out;
    this.narrator =
        new Narrator(
            fleet, out, PATIENCE, LOOK, "get", "gnp,nodegroups,nodes,pods", "-A", "-o", "wide");
  }

  /// Runs all of it.
  void run() {
    fleet.createNamespace(NAMESPACE);
    out.println(
        "A node group of the node agent plays the cloud: its nodes join 5 s after they are");
    out.println("asked for. The pool may cost $40.00 an hour, a node costs $19.00.\n");
    fleet.kubectl().apply(MACHINES);
    show("apply", "-f", "samples/pools/10-pool.yaml");
    fleet.kubectl().apply(DEPLOYMENT.replace("MODEL", model));
    narrator.begin();
    until("one replica of eight GPUs serves on a node of its own", () -> ready() == 1);
    step("Three replicas: two more nodes would be $57.00/h");
    show("-n", NAMESPACE, "scale", "md/wide", "--replicas=3");
    until(
        "the ceiling stops the third node",
        () -> ready() == 2 && reason().equals("CeilingReached"));
    show("get", "gnp", POOL);
    step("None: nodes that nothing needs for 5 s are drained and released");
    show("-n", NAMESPACE, "delete", "md/wide");
    until("the pool costs nothing", () -> nodes() == 0 && hourly().equals("0.00"));
    show("get", "gnp", POOL);
    fleet.kubectl().run("delete", "gnp/" + POOL, "nodegroup/h100-tide");
  }

  private void until(String what, BooleanSupplier done) {
    narrator.until(what, this::narrate, done);
  }

  private void narrate() {
    JsonNode pool = pool();
    JsonNode status = pool.path("status");
    narrator.tell(
        "cost",
        "%s nodes, $%s/h; with what was asked for $%s/h"
            .formatted(
                status.path("nodes").asText("0"),
                status.path("hourlyCost").asText("0.00"),
                status.path("plannedHourlyCost").asText("0.00")));
    JsonNode condition = Kubectl.condition(pool, "Provisioning");
    if (!condition.isMissingNode()) {
      narrator.tell(
          "provisioning",
          "%s: %s"
              .formatted(condition.path("reason").asText(), condition.path("message").asText()));
    }
    narrator.tell("ready", "%d replicas ready".formatted(ready()));
  }

  private JsonNode pool() {
    return fleet.kubectl().json("get", "gnp", POOL);
  }

  private String hourly() {
    return pool().path("status").path("hourlyCost").asText();
  }

  private String reason() {
    return Kubectl.condition(pool(), "Provisioning").path("reason").asText();
  }

  private int nodes() {
    return fleet
        .kubectl()
        .json("get", "nodes", "-l", "comptroller.dev/pool=" + POOL)
        .path("items")
        .size();
  }

  private int ready() {
    int ready = 0;
    JsonNode pods =
        fleet
            .kubectl()
            .json("-n", NAMESPACE, "get", "pods", "-l", "comptroller.dev/deployment=wide");
    for (JsonNode pod : pods.path("items")) {
      if (Kubectl.condition(pod, "Ready").path("status").asText().equals("True")) {
        ready++;
      }
    }
    return ready;
  }

  private void step(String title) {
    out.println();
    out.println("-- " + title + " --");
    out.println();
  }

  private void show(String... arguments) {
    fleet.kubectl().show(out, arguments);
  }
}
