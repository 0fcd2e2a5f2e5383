package dev.comptroller.e2e.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/// The part of the demo in which load goes from nothing to a burst and back: a request waits for a
/// node and a replica, more of both come with the burst until the pool's ceiling stops them, and
/// all of them go again.
final class Tide {
  /// The namespace of its deployment.
  static final String NAMESPACE = "tide";

  private static final String POOL = "h100-tide";
  private static final String MODEL = NAMESPACE + "/wide";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final int STREAMS = 8;

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

  /// A model whose replicas take a whole node each; nobody says how many there are to be.
  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: wide, namespace: tide}
      spec:
        scaling: {minReplicas: 0, maxReplicas: 4, idleTimeout: 10s}
        slo: {timeToFirstToken: 5s, attainment: 90}
        variants:
          - name: tiny
            quality: 10
            pool: h100-tide
            gpus: 8
            targetUtilization: 60
            model: {uri: "pvc://models/FILE", contextLength: 2048}
            batching: {maxSequences: 2, maxBatchedTokens: 64, maxQueued: 16}
            throughput: {tokensPerSecond: 40}
      """;

  private final LocalFleet fleet;
  private final String file;
  private final PrintStream out;
  private final Narrator narrator;
  private final List<Moment> moments = new ArrayList<>();
  private Instant began = Instant.EPOCH;

  /// The fleet at a moment.
  private record Moment(Duration after, State state) {}

  private record State(
      String wanted, String ready, String nodes, String burn, String hourly, String why) {}

  Tide(LocalFleet fleet, ModelCache.Kind kind, PrintStream out) {
    this.fleet = fleet;
    this.file =
        switch (kind) {
          case REAL -> "stand-in-tiny.gguf";
          case SEEDED -> "seeded-tiny.gguf";
        };
    this.out = out;
    this.narrator =
        new Narrator(
            fleet, out, PATIENCE, LOOK, "get", "md,gnp,nodegroups,nodes,pods", "-A", "-o", "wide");
  }

  /// Runs all of it.
  void run() {
    fleet.createNamespace(NAMESPACE);
    out.println(
        "A node group of the node agent plays the cloud: its nodes join 5 s after they are");
    out.println(
        "asked for. The pool may cost $40.00 an hour, a node costs $19.00. A replica takes");
    out.println("a whole node, and nobody sets how many there are.\n");
    fleet.kubectl().apply(MACHINES);
    show("apply", "-f", "samples/pools/10-pool.yaml");
    fleet.kubectl().apply(DEPLOYMENT.replace("FILE", file));
    String key = fleet.key(NAMESPACE, List.of("chat"));
    began = Instant.now();
    narrator.begin();
    until("nothing runs, nothing costs", () -> ready() == 0 && reason().equals("Idle"));
    fromZero(key);
    burst(key);
    step("The burst is over: replicas leave, then nodes that nothing needs for 5 s");
    until("nothing runs, nothing costs", () -> nodes() == 0 && hourly().equals("0.00"));
    table();
    fleet.kubectl().run("-n", NAMESPACE, "delete", "md/wide");
    fleet.kubectl().run("delete", "gnp/" + POOL, "nodegroup/h100-tide");
  }

  private void fromZero(String key) {
    step("One request: it waits at the gateway for a node, then for a replica");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        Traffic traffic = traffic(key)) {
      Instant asked = Instant.now();
      CompletableFuture<Duration> first = new CompletableFuture<>();
      CompletableFuture<Traffic.Answer> answer =
          CompletableFuture.supplyAsync(
              () ->
                  traffic.stream(
                      "Is anybody there?",
                      16,
                      _ -> first.complete(Duration.between(asked, Instant.now()))),
              threads);
      until("the request is answered", answer::isDone);
      out.println(
          String.format(
              Locale.ROOT,
              "\n  first token after %.1f s, of which %s ms waiting at the gateway",
              first.join().toMillis() / 1e3,
              answer.join().headers().get("x-comptroller-waited-ms")));
    }
  }

  private void burst(String key) {
    step(STREAMS + " streams without a pause: three nodes would be $57.00/h");
    try (Background people = Background.start(traffic(key), STREAMS)) {
      until("the ceiling stops the third node", () -> ready() == 2 && reason().equals("NoRoom"));
      out.println("\n  " + autoscaling().path("message").asText());
      people.stop();
      out.println(
          "\n  %d streams, %d failed".formatted(people.answers().size(), people.failures().size()));
      people.failures().stream().distinct().forEach(failure -> out.println("  " + failure));
    }
    show("get", "md,gnp", "-A");
    out.println(
        "  MeetingSlo: " + Kubectl.condition(deployment(), "MeetingSlo").path("message").asText());
  }

  private Traffic traffic(String key) {
    return new Traffic(fleet.gateway(), MODEL, key, "");
  }

  private void until(String what, BooleanSupplier done) {
    narrator.until(what, this::narrate, done);
  }

  private void narrate() {
    JsonNode status = deployment().path("status");
    JsonNode pool = pool();
    State now =
        new State(
            status.path("desiredReplicas").asText("0"),
            Integer.toString(ready()),
            pool.path("status").path("nodes").asText("0"),
            status.path("burnRate").asText("0.00"),
            pool.path("status").path("hourlyCost").asText("0.00"),
            status.path("autoscaling").path("reason").asText("-"));
    if (moments.isEmpty() || !moments.getLast().state().equals(now)) {
      moments.add(new Moment(Duration.between(began, Instant.now()), now));
    }
    narrator.tell("scale", "%s replicas wanted: %s".formatted(now.wanted(), now.why()));
    narrator.tell("nodes", "%s nodes, $%s/h".formatted(now.nodes(), now.hourly()));
    JsonNode condition = Kubectl.condition(pool, "Provisioning");
    if (!condition.isMissingNode()) {
      narrator.tell(
          "provisioning",
          "%s: %s"
              .formatted(condition.path("reason").asText(), condition.path("message").asText()));
    }
    narrator.tell("ready", "%s replicas ready".formatted(now.ready()));
  }

  private void table() {
    step("The same over time");
    out.println("  seconds  wanted  ready  nodes  deployment $/h  pool $/h  why");
    for (Moment moment : moments) {
      State state = moment.state();
      out.println(
          String.format(
              Locale.ROOT,
              "  %7.1f  %6s  %5s  %5s  %14s  %8s  %s",
              moment.after().toMillis() / 1e3,
              state.wanted(),
              state.ready(),
              state.nodes(),
              state.burn(),
              state.hourly(),
              state.why()));
    }
    out.println();
  }

  private JsonNode deployment() {
    return fleet.kubectl().json("-n", NAMESPACE, "get", "md", "wide");
  }

  private JsonNode autoscaling() {
    return deployment().path("status").path("autoscaling");
  }

  private String reason() {
    return autoscaling().path("reason").asText();
  }

  private JsonNode pool() {
    return fleet.kubectl().json("get", "gnp", POOL);
  }

  private String hourly() {
    return pool().path("status").path("hourlyCost").asText();
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
