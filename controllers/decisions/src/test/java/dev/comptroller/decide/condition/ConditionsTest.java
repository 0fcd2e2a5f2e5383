package dev.comptroller.decide.condition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.comptroller.decide.Observation;
import dev.comptroller.decide.Planner;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.Outlook;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConditionsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final PriceBook PRICES =
      new PriceBook(8, List.of(Price.always(CapacityType.OnDemand, HourlyRate.parse("98.32"))));

  private static Pool pool(Pool.Node... nodes) {
    return new Pool("h100", "NVIDIA-H100", PRICES, HourlyRate.parse("100"), List.of(nodes));
  }

  private static Pool.Node node(String name, int used) {
    return new Pool.Node(name, CapacityType.OnDemand, true, 8, used);
  }

  private static Replica replica(String name, Replica.State state) {
    return new Replica(name, name, "large", state, null);
  }

  private static Found judge(int gpus, int replicas, Pool pool, Replica... pods) {
    return judge(gpus, replicas, pool, null, pods);
  }

  private static Found judge(
      int gpus, int replicas, Pool pool, @Nullable BudgetState budget, Replica... pods) {
    Variant variant =
        new Variant("large", "h100", gpus, BigDecimal.ONE, 0, "F16", 8, null, null, 60);
    Policy policy =
        new Policy("team", "chat", List.of(variant), null, replicas, new Scaling(0, 9), null);
    Observation seen = Observation.of(Map.of("h100", pool), List.of(pods));
    DeploymentView view =
        new DeploymentView(
            policy,
            seen,
            new Planner().decide(seen, policy, NOW),
            budget,
            budget == null ? null : Period.Day);
    return byType(DeploymentConditions.judge(view));
  }

  private static Found byType(List<Finding> findings) {
    return new Found(findings);
  }

  private record Found(List<Finding> findings) {
    Finding get(String type) {
      return findings.stream().filter(each -> each.type().equals(type)).findFirst().orElseThrow();
    }
  }

  @Test
  void shouldSayWhichPoolLacksHowManyGpus() {
    Found found =
        judge(
            4,
            3,
            pool(node("n1", 8)),
            replica("a", Replica.State.Ready),
            replica("b", Replica.State.Ready),
            replica("c", Replica.State.Unscheduled));
    Finding expected =
        Finding.no(
            "CapacityAvailable",
            "InsufficientGpus",
            "pool h100 lacks 4 GPUs for 1 of 3 replicas: 8 GPUs in 1 node, 8 used");
    assertThat(found.get("CapacityAvailable")).isEqualTo(expected);
    assertThat(found.get("VariantAvailable"))
        .isEqualTo(Finding.yes("VariantAvailable", "Available", "2 of 3 replicas of large ready"));
    assertThat(found.get("Ready"))
        .isEqualTo(
            Finding.no(
                "Ready", "Progressing", "2 of 3 replicas of large ready; " + expected.message()));
  }

  @Test
  void shouldTellSplitGpusFromMissingOnes() {
    assertThat(
            judge(4, 1, pool(node("n1", 6), node("n2", 6)), replica("a", Replica.State.Unscheduled))
                .get("CapacityAvailable"))
        .isEqualTo(
            Finding.no(
                "CapacityAvailable",
                "InsufficientGpus",
                "pool h100 lacks 4 GPUs for 1 of 1 replicas: 16 GPUs in 2 nodes, 12 used;"
                    + " 4 are free, but a replica needs 4 on one node"));
  }

  @Test
  void shouldBeReadyWhenAllReplicasAre() {
    Found found = judge(4, 1, pool(node("n1", 4)), replica("a", Replica.State.Ready));
    assertThat(found.findings()).allMatch(Finding::holds);
    assertThat(found.findings())
        .extracting(Finding::type)
        .containsExactly("Ready", "VariantAvailable", "CapacityAvailable", "WithinBudget");
  }

  @Test
  void shouldPassOnWhyAReplicaFails() {
    Replica failing =
        new Replica(
            "a",
            "a",
            "large",
            Replica.State.Starting,
            new Replica.Problem("CrashLoopBackOff", "exit 1"));
    assertThat(judge(4, 1, pool(node("n1", 4)), failing).get("Ready"))
        .isEqualTo(
            Finding.no(
                "Ready",
                "NoReadyReplica",
                "0 of 1 replicas of large ready; a: CrashLoopBackOff: exit 1"));
  }

  @Test
  void shouldPassOnWhatTheSchedulerSaysWhereThereIsRoom() {
    Replica tainted =
        new Replica(
            "a",
            "a",
            "large",
            Replica.State.Unscheduled,
            new Replica.Problem("Unschedulable", "untolerated taint"));
    assertThat(judge(4, 1, pool(node("n1", 0)), tainted).get("CapacityAvailable").message())
        .isEqualTo("1 of 1 replicas of large not placed; a: Unschedulable: untolerated taint");
  }

  @Test
  void shouldNotWaitForAReplicaLargerThanANode() {
    assertThat(judge(16, 1, pool(node("n1", 0))).get("CapacityAvailable").message())
        .startsWith("a replica of large needs 16 GPUs on one node, a node of pool h100 has 8");
    assertThat(judge(4, 1, pool(), replica("a", Replica.State.Unscheduled)).get("Ready").message())
        .isEqualTo("pool h100 lacks 4 GPUs for 1 of 1 replicas: 0 of its 0 nodes are ready");
  }

  @Test
  void shouldBeReadyButUnavailableAtZeroReplicas() {
    Found found = judge(4, 0, pool(node("n1", 0)));
    assertThat(found.get("Ready").reason()).isEqualTo("ScaledToZero");
    assertThat(found.get("Ready").holds()).isTrue();
    assertThat(found.get("VariantAvailable").holds()).isFalse();
  }

  private static BudgetState spent(String spent) {
    Window day = new Window(NOW.minusSeconds(43_200), NOW.plusSeconds(43_200));
    return BudgetState.linear(
        day, Money.parse("19"), Money.parse(spent), HourlyRate.parse("1"), false, NOW);
  }

  @Test
  void shouldSayThatTheBudgetIsOverspent() {
    Found found = judge(4, 0, pool(node("n1", 0)), spent("19.01"));
    assertThat(found.get("WithinBudget"))
        .isEqualTo(Finding.no("WithinBudget", "Exceeded", "100 % of $19.00 spent in this Day"));
    assertThat(judge(4, 0, pool(node("n1", 0)), spent("19")).get("WithinBudget").holds()).isTrue();
  }

  private static Found judgeBudget(String name, String spent, String... names) {
    List<BudgetView.Claimant> claimants = new ArrayList<>();
    for (String each : names) {
      claimants.add(new BudgetView.Claimant(each, NOW.plusSeconds(each.length())));
    }
    return byType(
        BudgetConditions.judge(
            new BudgetView(
                "team",
                name,
                Period.Day,
                spent(spent),
                new Outlook(spent(spent).forecast(), null, "Linear: $1.00/h until the end"),
                claimants)));
  }

  @Test
  void shouldLetTheOldestBudgetWinAndOfEquallyOldOnesTheFirstByName() {
    assertThat(judgeBudget("zz", "1", "aaa", "zz", "yy").get("Ready").message())
        .isEqualTo(
            "3 budgets in namespace team (yy, zz, aaa): yy is in force, as the oldest;"
                + " delete the others");
    Found winner = judgeBudget("yy", "1", "aaa", "zz", "yy");
    assertThat(winner.get("Ready").holds()).isTrue();
    assertThat(winner.get("Conflict").holds()).isTrue();
    assertThat(judgeBudget("zz", "1", "zz").get("Conflict").holds()).isFalse();
  }

  @Test
  void shouldSayWhenNothingIsLeft() {
    Found found = judgeBudget("b", "19", "b");
    assertThat(found.get("Exhausted").holds()).isTrue();
    assertThat(found.get("WithinBudget").holds()).isTrue();
    assertThat(judgeBudget("b", "18.999999", "b").get("Exhausted").holds()).isFalse();
    assertThat(found.get("Forecasted"))
        .isEqualTo(
            Finding.yes(
                "Forecasted",
                "Forecast",
                "$31.00, 163 % of $19.00, by the end of this Day; Linear: $1.00/h until the"
                    + " end"));
  }

  private static Found judgePool(Pool pool) {
    return byType(PoolConditions.judge(pool, NOW));
  }

  @Test
  void shouldSayThatAPoolIsAboveItsCeiling() {
    assertThat(judgePool(pool(node("n1", 0))).get("WithinCeiling").holds()).isTrue();
    assertThat(judgePool(pool(node("n1", 0), node("n2", 0))).get("WithinCeiling"))
        .isEqualTo(
            Finding.no(
                "WithinCeiling",
                "AboveCeiling",
                "$196.64 an hour of 2 nodes, maxHourlySpend $100.00"));
  }

  @Test
  void shouldSayWhatIsWrongWithAPoolsNodes() {
    assertThat(judgePool(pool()).get("Ready").reason()).isEqualTo("NoNodes");
    assertThat(
            judgePool(pool(new Pool.Node("n1", CapacityType.OnDemand, true, 4, 0)))
                .get("Ready")
                .message())
        .contains("node n1 has 4 GPUs and gpu.perNode is 8");
    assertThat(
            judgePool(pool(new Pool.Node("n1", CapacityType.Unknown, true, 8, 0)))
                .get("Ready")
                .reason())
        .isEqualTo("UnpricedNodes");
    assertThat(
            judgePool(pool(node("n1", 0), new Pool.Node("n2", CapacityType.OnDemand, false, 8, 0)))
                .get("Ready"))
        .isEqualTo(Finding.yes("Ready", "Counted", "1 of 2 nodes ready, 8 GPUs"));
    assertThat(
            judgePool(pool(new Pool.Node("n1", CapacityType.Spot, true, 8, 0)))
                .get("Ready")
                .message())
        .isEqualTo(
            "node n1 has capacity type spot without a price in force: charged $98.32 an hour");
  }
}
