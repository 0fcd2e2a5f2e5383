package dev.comptroller.e2e.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.e2e.simulator.api.FakeApi.Request;
import dev.comptroller.e2e.simulator.api.OperatorProcess.Temper;
import dev.comptroller.e2e.simulator.api.Session.Fate;
import dev.comptroller.protocol.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A deployment is served, taken down a rung by its budget, brought back and ended; the operator is
/// killed before and after every one of its writes, conflicts with others, loses replies, and sees
/// the world late, twice or with gaps: same end, same creations and deletions, then no writes.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CrashPointsTest {
  private static final Logger LOG = Logger.getLogger(CrashPointsTest.class.getName());
  private static final boolean FULL = "full".equals(System.getProperty("crash"));
  private static final int ONLY = Integer.getInteger("crash.write", 0);
  private static final Instant START = Instant.parse("2026-03-10T06:00:00Z");
  private static final String TEAM = "blue";

  private static final String POOL =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: GpuNodePool
      metadata: {name: amber}
      spec:
        gpu: {product: NVIDIA-H100-80GB-HBM3, memory: 80Gi, perNode: 8}
        capacity:
        - {type: OnDemand, pricePerNodeHour: "8", maxNodes: 4}
        provisioner: {static: {}}
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: comptroller.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: chat, namespace: blue}
      spec:
        replicas: 1
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
      """;

  private final Story calm = tell(Temper.EVEN, (_, _) -> Fate.Done);

  @Test
  void shouldReachTheSameEndThoughItIsKilledBeforeOrAfterAnyWrite() {
    assertThat(calm.births).contains("ADDED Deployment blue/chat-small");
    int writes = calm.rig.writes.size();
    int stride = FULL || ONLY > 0 ? 1 : Math.max(1, writes / 3);
    int runs = 0;
    for (int k = Math.max(1, ONLY); k <= (ONLY > 0 ? ONLY : writes); k += stride) {
      for (Fate fate : List.of(Fate.KilledBefore, Fate.KilledAfter)) {
        int at = k;
        Story story = tell(Temper.EVEN, (n, _) -> n == at ? fate : Fate.Done);
        runs++;
        same(calm, story, "%s write %d, %s".formatted(fate, k, calm.rig.writes.get(k - 1)));
        assertThat(story.rig.starts()).isEqualTo(2);
      }
    }
    LOG.info("%d writes, %d runs".formatted(writes, runs));
  }

  @Test
  void shouldDoTheSameWritesInTheSameOrderWhenTheSameStoryIsToldAgain() {
    Story again = tell(Temper.EVEN, (_, _) -> Fate.Done);
    assertThat(again.rig.writes).isEqualTo(calm.rig.writes);
  }

  @Test
  void shouldReachTheSameEndThroughConflictsAndLostReplies() {
    for (Fate fate : List.of(Fate.Conflict, Fate.LostReply)) {
      for (int offset = 0; offset < (FULL ? 7 : 1); offset++) {
        int from = offset;
        same(
            calm,
            tell(Temper.EVEN, (n, _) -> n % 7 == from ? fate : Fate.Done),
            "%s of every write %d modulo 7".formatted(fate, offset));
      }
    }
  }

  @Test
  void shouldReachTheSameEndThoughItSeesTheWorldLateOrTwiceOrWithGaps() {
    Desk.Pace even = new Desk.Pace(Duration.ZERO, false);
    Desk.Pace forgetful = new Desk.Pace(Duration.ZERO, true);
    same(calm, tell(new Temper(even, 5, 1, false), (_, _) -> Fate.Done), "late");
    same(calm, tell(new Temper(even, 1, 2, false), (_, _) -> Fate.Done), "twice");
    same(calm, tell(new Temper(even, 3, 1, true), (_, _) -> Fate.Done), "with gaps");
    same(
        calm,
        tell(new Temper(forgetful, 4, 1, false), (_, _) -> Fate.Done),
        "older than own writes");
  }

  private static void same(Story calm, Story story, String what) {
    assertThat(story.stages).as("%s: state", what).isEqualTo(calm.stages);
    assertThat(story.births).as("%s: creations and deletions", what).isEqualTo(calm.births);
    assertThat(story.restless).as("%s: writes at rest", what).isEmpty();
  }

  /// What happened: the state at the end of each stage, births and deaths, writes at rest.
  private record Story(Rig rig, List<String> stages, List<String> births, List<String> restless) {}

  private static Story tell(Temper temper, BiFunction<Integer, Request, Fate> fates) {
    Rig rig = new Rig(START, temper, fates);
    List<String> stages = new ArrayList<>();
    rig.bill.price("amber", START, Map.of("on-demand", 8_000_000L));
    rig.fleet.apply(POOL);
    rig.fleet.node("node-1", "amber", "on-demand");
    rig.fleet.apply("{apiVersion: v1, kind: Namespace, metadata: {name: blue}}");
    rig.start();
    rig.fleet.apply(budget("1000"));
    rig.fleet.apply(DEPLOYMENT);
    stage(rig, stages);
    rig.fleet.apply(budget("30"));
    stage(rig, stages);
    rig.fleet.delete(Kind.MODEL_DEPLOYMENT, TEAM, "chat");
    stage(rig, stages);
    rig.fleet.delete(Kind.INFERENCE_BUDGET, TEAM, "team");
    stage(rig, stages);
    int before = rig.writes.size();
    rig.run(Duration.ofHours(1));
    return new Story(
        rig,
        stages,
        rig.births.stream().sorted().toList(),
        List.copyOf(rig.writes.subList(before, rig.writes.size())));
  }

  private static void stage(Rig rig, List<String> stages) {
    rig.run(Duration.ofMinutes(8));
    stages.add(state(rig));
    OperatorProcess operator = rig.operator().orElseThrow();
    Instant now = rig.clock.instant();
    BudgetState state = operator.treasury().state(TEAM, Exactness.DAY, now);
    assertThat(state.spent().micros())
        .isEqualTo(
            rig.bill.spent(
                TEAM, state.window().start(), state.window().end(), operator.since(), now));
  }

  /// What counts of the state of the cluster.
  private static String state(Rig rig) {
    TreeMap<String, String> all = new TreeMap<>();
    TreeMap<String, Integer> pods = new TreeMap<>();
    for (FakeApi.Key key : rig.api.keys()) {
      JsonNode object = rig.api.get(key).orElseThrow();
      switch (key.kind().name()) {
        case "Deployment", "Service" -> all.put(key.toString(), object.get("spec").toString());
        case "Pod" ->
            pods.merge(
                object.at("/metadata/labels").path(Names.VARIANT_LABEL).asText()
                    + " "
                    + object.at("/status/phase").asText(),
                1,
                Integer::sum);
        case "ModelDeployment" ->
            all.put(
                key.toString(),
                object.at("/status/activeVariant")
                    + " "
                    + object.at("/status/transition")
                    + conditions(object));
        case "InferenceBudget" -> all.put(key.toString(), grants(object) + conditions(object));
        case "ConfigMap" -> {
          if (key.name().equals(Names.ROUTING_CONFIG_MAP)) {
            all.put(key.toString(), legs(object));
          }
        }
        default -> {}
      }
    }
    return all + " " + pods;
  }

  private static String conditions(JsonNode object) {
    return object
        .at("/status/conditions")
        .valueStream()
        .map(
            c ->
                c.path("type").asText()
                    + "="
                    + c.path("status").asText()
                    + "/"
                    + c.path("reason").asText())
        .sorted()
        .collect(Collectors.joining(" ", " [", "]"));
  }

  private static String grants(JsonNode object) {
    return object
        .at("/status/grants")
        .valueStream()
        .map(
            g ->
                g.path("deployment").asText()
                    + " "
                    + g.path("variant").asText()
                    + " x "
                    + g.path("replicas"))
        .toList()
        .toString();
  }

  private static String legs(JsonNode object) {
    JsonNode table = FakeApi.read(object.at("/data").path(Names.ROUTING_KEY).asText());
    return table
        .path("routes")
        .valueStream()
        .map(
            route ->
                route.path("activeVariant").asText()
                    + route
                        .path("legs")
                        .valueStream()
                        .map(
                            l ->
                                l.path("variant").asText()
                                    + l.path("weight")
                                    + "x"
                                    + l.path("replicas").size())
                        .toList())
        .toList()
        .toString();
  }

  private static String budget(String amount) {
    return """
        apiVersion: comptroller.dev/v1alpha1
        kind: InferenceBudget
        metadata: {name: team, namespace: blue}
        spec: {amount: "%s", period: Day, timeZone: UTC, enforcement: Hard}
        """
        .formatted(amount);
  }
}
