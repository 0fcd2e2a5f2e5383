package dev.comptroller.decide.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.pool.PoolMemory.Reason;
import dev.comptroller.decide.pool.PoolPolicy.Offer;
import dev.comptroller.decide.pool.PoolSeen.Need;
import dev.comptroller.decide.pool.PoolSeen.Node;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Lives of a pool by the second: demand, prices, nodes that come late or never, notices of loss.
class PoolLifeTest {
  private static final HourlyRate CEILING = HourlyRate.parse("100");
  private static final CapacityType ON_DEMAND = CapacityType.OnDemand;
  private static final CapacityType SPOT = CapacityType.Spot;
  private static final PoolPace PACE =
      new PoolPace(
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ofSeconds(40),
          Duration.ZERO);

  private final Map<String, CapacityType> nodes = new TreeMap<>();
  private final Map<String, Integer> used = new HashMap<>();
  private final Map<CapacityType, List<Instant>> coming = new HashMap<>();
  private final Map<String, String> notices = new HashMap<>();
  private int count;

  private static PoolPolicy policy(long onDemand) {
    return new PoolPolicy(
        "life",
        new PriceBook(
            8,
            List.of(
                new Price(ON_DEMAND, new HourlyRate(onDemand * 1_000_000), null, null),
                new Price(SPOT, HourlyRate.parse("7"), null, null))),
        List.of(new Offer(ON_DEMAND, 1, 5), new Offer(SPOT, 0, 3)),
        CEILING,
        PACE);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldNeverAskBeyondTheCeilingAndComeToRest(long seed) {
    Random random = new Random(seed);
    Instant now = Instant.parse("2026-03-01T10:00:00Z");
    PoolMemory memory = PoolMemory.EMPTY;
    int replicas = 0;
    long price = 19;
    boolean broken = false;
    for (int second = 0; second < 900; second++, now = now.plusSeconds(1)) {
      if (random.nextInt(40) == 0) {
        replicas = random.nextInt(14);
      }
      if (random.nextInt(150) == 0) {
        price = 15L + random.nextInt(25);
      }
      if (random.nextInt(120) == 0) {
        broken = !broken;
      }
      if (random.nextInt(90) == 0) {
        nodes.keySet().stream().findFirst().ifPresent(n -> notices.put(n, "about to go"));
      }
      memory = step(replicas, policy(price), memory, now, broken);
    }
    // Everything holds still from here on.
    for (int second = 0; second < 400; second++, now = now.plusSeconds(1)) {
      memory = step(replicas, policy(price), memory, now, false);
    }
    PoolMemory rest = memory;
    for (int second = 0; second < 120; second++, now = now.plusSeconds(1)) {
      memory = step(replicas, policy(price), memory, now, false);
      assertThat(memory).describedAs("nothing more to write, seed %d", seed).isEqualTo(rest);
    }
    assertThat(coming.values()).allMatch(List::isEmpty);
  }

  /// One second: replicas find GPUs, a decision is made, the provisioner follows it.
  private PoolMemory step(
      int replicas, PoolPolicy policy, PoolMemory memory, Instant now, boolean broken) {
    place(replicas, memory);
    List<Node> seen = new ArrayList<>();
    nodes.forEach(
        (name, type) ->
            seen.add(
                new Node(
                    name, type, true, 8, used.getOrDefault(name, 0) * 4, now, notices.get(name))));
    Need need = new Need("chat/large", 4, replicas, used, 0);
    PoolPlan plan = PoolDecision.decide(new PoolSeen(seen, List.of(need), memory), policy, now);
    check(plan, memory, policy, now);
    for (String name : plan.drain()) {
      used.remove(name);
    }
    for (CapacityType type : List.of(ON_DEMAND, SPOT)) {
      follow(type, plan.target(type).orElseThrow(), plan, now, broken);
    }
    notices.keySet().removeIf(name -> now.getEpochSecond() % 7 == 0 && nodes.remove(name) != null);
    used.keySet().retainAll(nodes.keySet());
    return plan.memory();
  }

  private void check(PoolPlan plan, PoolMemory before, PoolPolicy policy, Instant now) {
    int added = plan.choices().stream().mapToInt(PoolPlan.Choice::added).sum();
    if (added > 0) {
      assertThat(plan.planned()).isLessThanOrEqualTo(CEILING);
    }
    HourlyRate kept = HourlyRate.ZERO;
    for (Map.Entry<CapacityType, PoolMemory.Asked> asked : plan.memory().asked().entrySet()) {
      HourlyRate each = policy.prices().quote(asked.getKey(), now).perNodeHour();
      kept = kept.plus(each.times(asked.getValue().nodes()));
    }
    assertThat(kept).describedAs("what stays and comes").isLessThanOrEqualTo(CEILING);
    plan.memory()
        .releasing()
        .forEach(
            (node, release) -> {
              if (release.reason() == Reason.Idle && !before.releasing().containsKey(node)) {
                assertThat(used.getOrDefault(node, 0)).isZero();
              }
            });
    assertThat(plan.memory().asked().get(ON_DEMAND)).isNotNull();
  }

  /// Replicas that are too many end; those without a node take free GPUs of nodes that take pods.
  private void place(int replicas, PoolMemory memory) {
    int running = used.values().stream().mapToInt(Integer::intValue).sum();
    for (String name : List.copyOf(used.keySet())) {
      while (running > replicas && used.getOrDefault(name, 0) > 0) {
        used.merge(name, -1, Integer::sum);
        running--;
      }
    }
    used.values().removeIf(n -> n == 0);
    for (String name : nodes.keySet()) {
      while (running < replicas
          && used.getOrDefault(name, 0) < 2
          && !memory.releasing().containsKey(name)
          && !notices.containsKey(name)) {
        used.merge(name, 1, Integer::sum);
        running++;
      }
    }
  }

  private void follow(CapacityType type, int target, PoolPlan plan, Instant now, boolean broken) {
    List<Instant> starting = coming.computeIfAbsent(type, _ -> new ArrayList<>());
    long here = nodes.values().stream().filter(t -> t == type).count();
    while (here + starting.size() < target) {
      starting.add(now.plusSeconds(8));
    }
    while (here + starting.size() > target && !starting.isEmpty()) {
      starting.removeLast();
    }
    for (String name : List.copyOf(nodes.keySet())) {
      if (here > target && nodes.get(name) == type && plan.drain().contains(name)) {
        nodes.remove(name);
        here--;
      }
    }
    while (!broken && !starting.isEmpty() && !starting.getFirst().isAfter(now)) {
      starting.removeFirst();
      nodes.put("%s-%03d".formatted(type.label(), ++count), type);
    }
  }
}
