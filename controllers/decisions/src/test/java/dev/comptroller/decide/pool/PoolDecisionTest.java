package dev.comptroller.decide.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.pool.PoolMemory.Asked;
import dev.comptroller.decide.pool.PoolMemory.Reason;
import dev.comptroller.decide.pool.PoolPlan.Adding;
import dev.comptroller.decide.pool.PoolPlan.Blocked;
import dev.comptroller.decide.pool.PoolPlan.Lack;
import dev.comptroller.decide.pool.PoolPlan.Removing;
import dev.comptroller.decide.pool.PoolPlan.Steady;
import dev.comptroller.decide.pool.PoolPolicy.Offer;
import dev.comptroller.decide.pool.PoolSeen.Need;
import dev.comptroller.decide.pool.PoolSeen.Node;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolDecisionTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final CapacityType ON_DEMAND = CapacityType.OnDemand;
  private static final PoolPace PACE =
      new PoolPace(
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofMinutes(1),
          Duration.ofMinutes(8),
          Duration.ofMinutes(2));

  private static PoolPolicy policy(@Nullable String ceiling, Offer... offers) {
    return policy("19", ceiling, offers);
  }

  private static PoolPolicy policy(String price, @Nullable String ceiling, Offer... offers) {
    return new PoolPolicy(
        "h100",
        new PriceBook(
            8,
            List.of(
                new Price(CapacityType.Reserved, HourlyRate.parse("25"), null, null),
                new Price(ON_DEMAND, HourlyRate.parse(price), null, null),
                new Price(CapacityType.Spot, HourlyRate.parse("7"), null, null))),
        List.of(offers),
        ceiling == null ? null : HourlyRate.parse(ceiling),
        PACE);
  }

  private static Offer upTo(int max) {
    return new Offer(ON_DEMAND, 0, max);
  }

  private static Node node(String name, int used) {
    return new Node(name, ON_DEMAND, true, 8, used, NOW, null);
  }

  private static Need need(int gpus, int replicas, Map<String, Integer> placed) {
    return new Need("chat/large", gpus, replicas, placed, 0);
  }

  private static PoolSeen seen(List<Node> nodes, PoolMemory memory, Need... needs) {
    return new PoolSeen(nodes, List.of(needs), memory);
  }

  @Test
  void shouldPackWholeReplicasOnWholeNodes() {
    PoolSeen seen = seen(List.of(), PoolMemory.EMPTY, need(3, 5, Map.of()));
    PoolPlan plan = PoolDecision.decide(seen, policy(null, upTo(9)), NOW);
    assertThat(plan.target(ON_DEMAND)).hasValue(3);
    assertThat(plan.outcome()).isInstanceOf(Adding.class);
    assertThat(plan.outcome().message())
        .isEqualTo("3 on-demand nodes of $19.00/h asked for: $0.00/h now, $57.00/h then");
  }

  @Test
  void shouldFillFreeGpusBeforeItAsksForANode() {
    PoolSeen seen =
        seen(List.of(node("a", 4), node("b", 0)), PoolMemory.EMPTY, need(4, 3, Map.of("a", 1)));
    PoolPlan plan = PoolDecision.decide(seen, policy(null, upTo(9)), NOW);
    assertThat(plan.target(ON_DEMAND)).hasValue(2);
    assertThat(plan.memory().idle()).isEmpty();
    assertThat(plan.outcome()).isInstanceOf(Steady.class);
  }

  @Test
  void shouldExplainTheCeilingInNumbers() {
    PoolSeen seen = seen(List.of(), PoolMemory.EMPTY, need(8, 3, Map.of()));
    PoolPlan plan = PoolDecision.decide(seen, policy("40", upTo(9)), NOW);
    assertThat(plan.target(ON_DEMAND)).hasValue(2);
    assertThat(plan.planned()).isEqualTo(HourlyRate.parse("38"));
    assertThat(plan.outcome())
        .isEqualTo(
            new Blocked(Lack.Ceiling, 1, "3 nodes of $19.00/h would be $57.00/h, ceiling $40.00"));
  }

  @Test
  void shouldTakeReservedNodesFirstThenTheCheapest() {
    PoolSeen seen = seen(List.of(), PoolMemory.EMPTY, need(8, 4, Map.of()));
    PoolPlan plan =
        PoolDecision.decide(
            seen,
            policy(
                null,
                upTo(9),
                new Offer(CapacityType.Spot, 0, 2),
                new Offer(CapacityType.Reserved, 0, 1)),
            NOW);
    assertThat(plan.target(CapacityType.Reserved)).hasValue(1);
    assertThat(plan.target(CapacityType.Spot)).hasValue(2);
    assertThat(plan.target(ON_DEMAND)).hasValue(1);
  }

  @Test
  void shouldReleaseANodeOnlyAfterItWasIdleForLongEnough() {
    PoolPolicy policy = policy(null, new Offer(ON_DEMAND, 1, 9));
    List<Node> nodes = List.of(node("a", 0), node("b", 0));
    PoolPlan first = PoolDecision.decide(seen(nodes, PoolMemory.EMPTY), policy, NOW);
    assertThat(first.drain()).isEmpty();
    assertThat(first.target(ON_DEMAND)).hasValue(2);
    assertThat(first.wake()).isEqualTo(NOW.plus(PACE.idle()));
    PoolPlan early = PoolDecision.decide(seen(nodes, first.memory()), policy, NOW.plusSeconds(299));
    assertThat(early.drain()).isEmpty();
    PoolPlan late = PoolDecision.decide(seen(nodes, early.memory()), policy, NOW.plusSeconds(300));
    assertThat(late.drain()).containsExactly("b");
    assertThat(late.target(ON_DEMAND)).hasValue(1);
    assertThat(late.outcome()).isInstanceOf(Removing.class);
  }

  @Test
  void shouldForgetThatANodeWasIdleOnceItIsNeeded() {
    PoolPolicy policy = policy(null, upTo(9));
    List<Node> nodes = List.of(node("a", 0));
    PoolPlan idle = PoolDecision.decide(seen(nodes, PoolMemory.EMPTY), policy, NOW);
    PoolPlan busy =
        PoolDecision.decide(
            seen(nodes, idle.memory(), need(8, 1, Map.of())), policy, NOW.plusSeconds(200));
    assertThat(busy.memory().idle()).isEmpty();
  }

  @Test
  void shouldLetTheLowestPriorityGoWhenAPriceRisesAboveTheCeiling() {
    Need low = new Need("a/small", 8, 1, Map.of("low", 1), 1);
    Need high = new Need("b/large", 8, 1, Map.of("high", 1), 5);
    PoolSeen seen = seen(List.of(node("high", 8), node("low", 8)), PoolMemory.EMPTY, low, high);
    PoolPlan plan = PoolDecision.decide(seen, policy("21", "40", upTo(9)), NOW);
    assertThat(plan.drain()).containsExactly("low");
    assertThat(plan.memory().releasing())
        .containsEntry("low", new PoolMemory.Release(Reason.Ceiling, NOW));
    assertThat(plan.target(ON_DEMAND)).describedAs("until it is drained").hasValue(2);
    assertThat(plan.outcome()).isInstanceOf(Blocked.class);
    PoolSeen drained =
        seen(
            List.of(node("high", 8), node("low", 0)),
            plan.memory(),
            new Need("a/small", 8, 1, Map.of(), 1),
            high);
    PoolPlan next = PoolDecision.decide(drained, policy("21", "40", upTo(9)), NOW.plusSeconds(9));
    assertThat(next.target(ON_DEMAND)).hasValue(1);
  }

  @Test
  void shouldAskForTheReplacementBeforeANodeWithANoticeIsGone() {
    Node leaves = new Node("a", ON_DEMAND, true, 8, 8, NOW, "spot interruption");
    PoolSeen seen = seen(List.of(leaves), PoolMemory.EMPTY, need(8, 1, Map.of("a", 1)));
    PoolPlan free = PoolDecision.decide(seen, policy("40", upTo(9)), NOW);
    assertThat(free.target(ON_DEMAND)).hasValue(2);
    PoolPlan bound = PoolDecision.decide(seen, policy("20", upTo(9)), NOW);
    assertThat(bound.target(ON_DEMAND)).hasValue(1);
    assertThat(bound.outcome().message())
        .isEqualTo("2 nodes of $19.00/h would be $38.00/h, ceiling $20.00");
  }

  @Test
  void shouldStopAskingForNodesThatDoNotComeAndAskAgainLater() {
    PoolPolicy policy = policy(null, upTo(9));
    Need need = need(8, 1, Map.of());
    PoolPlan asked = PoolDecision.decide(seen(List.of(), PoolMemory.EMPTY, need), policy, NOW);
    Instant late = NOW.plus(PACE.startLimit());
    PoolPlan given = PoolDecision.decide(seen(List.of(), asked.memory(), need), policy, late);
    assertThat(given.target(ON_DEMAND)).hasValue(0);
    assertThat(given.outcome().message())
        .isEqualTo(
            "1 nodes are missing: on-demand: nodes did not come within PT10M, again at"
                + " 2026-03-01T10:11:00Z");
    assertThat(given.wake()).isEqualTo(late.plusSeconds(60));
    PoolPlan again =
        PoolDecision.decide(seen(List.of(), given.memory(), need), policy, late.plusSeconds(60));
    assertThat(again.target(ON_DEMAND)).hasValue(1);
    PoolPlan second =
        PoolDecision.decide(
            seen(List.of(), again.memory(), need),
            policy,
            late.plusSeconds(60).plus(PACE.startLimit()));
    assertThat(second.memory().asked().get(ON_DEMAND))
        .extracting(Asked::failures, Asked::retryAt)
        .containsExactly(2, late.plusSeconds(180).plus(PACE.startLimit()));
  }

  @Test
  void shouldFallBackToAnotherCapacityTypeWhileOneDoesNotCome() {
    PoolPolicy policy = policy(null, upTo(9), new Offer(CapacityType.Spot, 0, 9));
    Need need = need(8, 1, Map.of());
    PoolPlan asked = PoolDecision.decide(seen(List.of(), PoolMemory.EMPTY, need), policy, NOW);
    assertThat(asked.target(CapacityType.Spot)).hasValue(1);
    PoolPlan next =
        PoolDecision.decide(
            seen(List.of(), asked.memory(), need), policy, NOW.plus(PACE.startLimit()));
    assertThat(next.target(CapacityType.Spot)).hasValue(0);
    assertThat(next.target(ON_DEMAND)).hasValue(1);
  }

  @Test
  void shouldNotCountOnANodeThatHasNotBeenReadyForLong() {
    PoolPolicy policy = policy(null, upTo(9));
    Need need = need(8, 1, Map.of());
    List<Node> starting = List.of(new Node("a", ON_DEMAND, false, 0, 0, NOW, null));
    assertThat(
            PoolDecision.decide(seen(starting, PoolMemory.EMPTY, need), policy, NOW)
                .target(ON_DEMAND))
        .hasValue(1);
    List<Node> dead =
        List.of(new Node("a", ON_DEMAND, false, 8, 0, NOW.minus(PACE.startLimit()), null));
    assertThat(
            PoolDecision.decide(seen(dead, PoolMemory.EMPTY, need), policy, NOW).target(ON_DEMAND))
        .hasValue(2);
  }

  @Test
  void shouldTakeANodeBackThatNobodyTookAway() {
    PoolPolicy policy = policy(null, upTo(9));
    List<Node> nodes = List.of(node("a", 0));
    PoolPlan idle = PoolDecision.decide(seen(nodes, PoolMemory.EMPTY), policy, NOW);
    Instant released = NOW.plus(PACE.idle());
    PoolPlan told = PoolDecision.decide(seen(nodes, idle.memory()), policy, released);
    assertThat(told.drain()).containsExactly("a");
    PoolPlan back =
        PoolDecision.decide(seen(nodes, told.memory()), policy, released.plus(PACE.startLimit()));
    assertThat(back.drain()).isEmpty();
    assertThat(back.target(ON_DEMAND)).hasValue(1);
  }

  @Test
  void shouldSayThatAReplicaFitsOnNoNode() {
    PoolSeen seen = seen(List.of(), PoolMemory.EMPTY, need(16, 1, Map.of()));
    PoolPlan plan = PoolDecision.decide(seen, policy(null, upTo(9)), NOW);
    assertThat(plan.outcome().message())
        .isEqualTo("chat/large needs 16 GPUs on one node and a node has 8");
  }

  @Test
  void shouldNotAddWhatADeclaredRiseWouldPutAboveTheCeiling() {
    PriceBook rising =
        new PriceBook(
            8,
            List.of(
                new Price(ON_DEMAND, HourlyRate.parse("19"), null, null),
                new Price(ON_DEMAND, HourlyRate.parse("30"), NOW.plusSeconds(60), null)));
    PoolPolicy policy =
        new PoolPolicy("h100", rising, List.of(upTo(9)), HourlyRate.parse("40"), PACE);
    PoolSeen seen = seen(List.of(), PoolMemory.EMPTY, need(8, 2, Map.of()));
    assertThat(PoolDecision.decide(seen, policy, NOW).target(ON_DEMAND)).hasValue(1);
  }

  @Test
  void shouldTellHowManyNodesMayStillCome() {
    PoolPolicy policy = policy("60", upTo(9));
    assertThat(PoolDecision.growth(Map.of(ON_DEMAND, 1), PoolMemory.EMPTY, policy, NOW))
        .isEqualTo(2);
    assertThat(PoolDecision.growth(Map.of(), PoolMemory.EMPTY, policy(null, upTo(4)), NOW))
        .isEqualTo(4);
  }
}
