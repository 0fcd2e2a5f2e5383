package dev.comptroller.e2e.promises.conserves;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.comptroller.decide.metering.NodeBill;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.promises.conserves.MeteredNode.Pod;
import dev.comptroller.metering.Apportion;
import dev.comptroller.metering.GpuState;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mixed traffic on runtimes in real pods, two of which are killed: the node agent's bill and the
/// runtimes' own journals, each with timestamps of its own, divide the node's dollars exactly.
///
/// `-Dconservation.seconds=N` sets how long the traffic lasts.
@Tag("integration")
class ConservationTest {
  private static final Duration TRAFFIC =
      Duration.ofSeconds(Long.getLong("conservation.seconds", 6));
  private static final long SECOND = 1_000_000_000L;
  private static final long NODE_HOUR_MICROS = 19_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldAccountForEveryMicroDollarOfANodeThoughRuntimesAreKilled(@TempDir Path folder)
      throws Exception {
    List<Pod> pods =
        List.of(
            new Pod("killed-first", 1, MeteredNode.simulated()),
            new Pod("killed-second", 2, MeteredNode.simulated()),
            new Pod("real-model", 1, MeteredNode.realModel(folder)));
    Path bill;
    SortedMap<String, Map<String, Long>> answered = new TreeMap<>();
    try (MeteredNode node = MeteredNode.start(folder, pods)) {
      bill = node.bill();
      try (var traffic = new MixedTraffic(node, pods)) {
        Thread.sleep(TRAFFIC.dividedBy(3));
        node.kill("killed-first");
        Thread.sleep(TRAFFIC.dividedBy(3));
        node.kill("killed-second");
        await().atMost(MeteredNode.PATIENCE).until(() -> node.serves("killed-first"));
        await().atMost(MeteredNode.PATIENCE).until(() -> node.serves("killed-second"));
        Thread.sleep(TRAFFIC.dividedBy(3));
        answered.putAll(traffic.stop());
      }
      node.deletePods();
    }
    List<NodeBill.Replica> replicas = replicas(bill, folder, pods);
    checkJournals(folder, pods, answered);
    long from = replicas.stream().mapToLong(NodeBill.Replica::from).min().orElseThrow() - SECOND;
    long to = replicas.stream().mapToLong(NodeBill.Replica::to).max().orElseThrow() + SECOND;
    Money cost =
        Money.ofMicros(
            BigInteger.valueOf(NODE_HOUR_MICROS).multiply(BigInteger.valueOf(to - from)),
            BigInteger.valueOf(3_600 * SECOND));
    NodeBill.Statement statement =
        new NodeBill(from, to, MeteredNode.GPUS, cost).statement(replicas).orElseThrow();
    print(cost, statement, answered);
    assertThat(sum(statement.byState())).isEqualTo(cost.micros());
    assertThat(statement.byState())
        .containsKeys(GpuState.Start, GpuState.Step, GpuState.Idle, GpuState.Unobserved)
        .containsKey(GpuState.Unallocated);
    assertThat(statement.cutNanos())
        .as("the bill's timestamps are whole seconds, one for each pod's end")
        .isLessThanOrEqualTo(MeteredNode.GPUS * SECOND);
    checkRequests(folder, statement);
  }

  /* The step's dollars of a replica, divided over the requests that it knows: none is lost. */
  private static void checkRequests(Path folder, NodeBill.Statement statement) throws Exception {
    for (var replica : statement.byReplica().entrySet()) {
      JsonNode journal = journal(folder, replica.getKey());
      Money steps = replica.getValue().getOrDefault(GpuState.Step, Money.ZERO);
      long broken = journal.path("broken_ns").asLong();
      long ended = journal.path("attributed_ns").asLong() - broken;
      long unsplit = journal.path("states").path("step").asLong() - ended - broken;
      assertThat(unsplit).as("steps that a crash broke off").isNotNegative();
      List<BigInteger> weights =
          List.of(
              BigInteger.valueOf(ended), BigInteger.valueOf(broken), BigInteger.valueOf(unsplit));
      List<Long> parts = Apportion.byLargestRemainder(steps.micros(), weights);
      assertThat(parts.stream().mapToLong(Long::longValue).sum()).isEqualTo(steps.micros());
    }
  }

  private static void checkJournals(
      Path folder, List<Pod> pods, SortedMap<String, Map<String, Long>> answered) throws Exception {
    for (Pod pod : pods) {
      JsonNode journal = journal(folder, pod.name());
      Map<String, Long> answers = answered.getOrDefault(pod.name(), Map.of());
      long told = told(answers);
      long attributed = journal.path("attributed_ns").asLong();
      long broken = journal.path("broken_ns").asLong();
      long unobserved = journal.path("states").path("unobserved").asLong();
      assertThat(told).isPositive();
      assertThat(journal.path("ended").asBoolean()).as(pod.name() + " ended as told").isTrue();
      if (pod.name().startsWith("killed")) {
        assertThat(journal.path("crashes").asInt()).isEqualTo(1);
        assertThat(unobserved)
            .as("unobserved by " + pod.name())
            .isPositive()
            .isLessThanOrEqualTo(journal.path("interval_ns").asLong() * pod.gpus());
        // What ran at the last look counts as broken, though some of it may have ended before the
        // crash and told its cost.
        long broke = 0;
        long ended = 0;
        for (JsonNode request : journal.path("broken")) {
          long nanos = request.path("gpu_ns").asLong();
          broke += nanos;
          ended += answers.containsKey(request.path("id").asText()) ? nanos : 0;
        }
        assertThat(broke).isEqualTo(broken);
        assertThat(told + broken - ended)
            .as("answers tell no more than was seen and may have been missed")
            .isLessThanOrEqualTo(attributed + unobserved);
      } else {
        assertThat(journal.path("crashes").asInt()).isZero();
        assertThat(told).as("answers tell all of the steps").isEqualTo(attributed);
        assertThat(journal.path("states").path("step").asLong()).isEqualTo(attributed);
      }
    }
  }

  private static long told(Map<String, Long> answers) {
    return answers.values().stream().mapToLong(Long::longValue).sum();
  }

  private static List<NodeBill.Replica> replicas(Path bill, Path folder, List<Pod> pods)
      throws Exception {
    List<NodeBill.Replica> replicas = new ArrayList<>();
    for (String text : Files.readAllLines(bill)) {
      JsonNode line = JSON.readTree(text);
      String name = line.path("name").asText();
      JsonNode journal = journal(folder, name);
      SortedMap<GpuState, Long> states = new TreeMap<>();
      for (GpuState state : GpuState.values()) {
        long nanos = journal.path("states").path(state.label()).asLong();
        if (nanos > 0) {
          states.put(state, nanos);
        }
      }
      replicas.add(
          new NodeBill.Replica(
              name,
              line.path("gpus").asInt(),
              nanos(line.path("scheduledAt").asText()),
              nanos(line.path("finishedAt").asText()),
              journal.path("since_ns").asLong(),
              journal.path("at_ns").asLong(),
              journal.path("ended").asBoolean(),
              states));
    }
    assertThat(replicas).extracting(NodeBill.Replica::name).hasSameSizeAs(pods);
    return replicas;
  }

  private static JsonNode journal(Path folder, String name) throws Exception {
    return JSON.readTree(folder.resolve(name).resolve("journal.json").toFile());
  }

  private static long nanos(String instant) {
    return Instant.parse(instant).getEpochSecond() * SECOND;
  }

  private static long sum(SortedMap<GpuState, Money> parts) {
    return parts.values().stream().mapToLong(Money::micros).sum();
  }

  private static void print(
      Money cost, NodeBill.Statement statement, SortedMap<String, Map<String, Long>> answered) {
    System.out.printf("node bill %s%n", cost);
    answered.forEach(
        (pod, answers) -> System.out.printf("  %s: answers told %d GPU-ns%n", pod, told(answers)));
    statement.byState().forEach((state, money) -> System.out.printf("  %-12s %s%n", state, money));
    statement.byReplica().forEach((name, parts) -> System.out.printf("  %s: %s%n", name, parts));
    System.out.printf("  cut: %.3f GPU-s%n", statement.cutNanos() / 1e9);
  }
}
