package dev.comptroller.decide.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FleetPlannerTest {
  private static final Place H100 = new Place("h100", CapacityType.OnDemand);
  private static final Place L4 = new Place("l4", CapacityType.OnDemand);
  private static final Scaling ANY = new Scaling(0, 100);

  @Test
  void shouldComeNearItsBoundThoughNodesAreShort() {
    Fleets.Fleet fleet = Fleets.make(new Fleets.Size(1000, 4, 8, 20, 60), 1);
    Plan plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
    assertFalse(plan.shorted().isEmpty());
    assertTrue(plan.gapPerMillion() < 20_000, () -> "gap of " + plan.gapPerMillion());
  }

  @Test
  void shouldCoverTheOverflowWithASmallReplicaInsteadOfAWholeBigOne() {
    DeploymentDemand demand =
        Fleets.demand(
            "chat",
            3000,
            ANY,
            List.of(
                Fleets.offer("big", H100, "0.9", 8, 2800),
                Fleets.offer("small", L4, "0.9", 1, 250)));
    DeploymentPlan plan =
        DeploymentProgram.solve(demand, supply(10, 10), null).of("shop", "chat").orElseThrow();
    assertEquals(1, plan.replicas("big", H100));
    assertEquals(1, plan.replicas("small", L4));
    assertEquals(Fleets.dollars(19 + 0.8), plan.hourly());
  }

  @Test
  void shouldFillPaidNodesFirstThoughTheirPriceIsHigher() {
    Place reserved = new Place("h100", CapacityType.Reserved);
    DeploymentDemand demand =
        Fleets.demand(
            "chat",
            4000,
            ANY,
            List.of(
                Fleets.offer("big", reserved, "0.9", 8, 2800),
                Fleets.offer("big", H100, "0.9", 8, 2800)));
    PoolSupply pool =
        new PoolSupply(
            "h100",
            8,
            null,
            List.of(
                new CapacitySupply(CapacityType.Reserved, Fleets.dollars(25), 1, 1),
                new CapacitySupply(CapacityType.OnDemand, Fleets.dollars(19), 0, 9)));
    Plan plan = DeploymentProgram.solve(demand, new FleetSupply(List.of(pool)), null);
    DeploymentPlan made = plan.of("shop", "chat").orElseThrow();
    assertEquals(List.of(1, 1), made.picks().stream().map(Pick::replicas).toList());
    assertEquals(Fleets.dollars(19), plan.cost());
    assertEquals(Fleets.dollars(44), made.hourly());
  }

  @Test
  void shouldKeepWhatRunsWhenAMoveCostsMoreThanItSavesInItsDwell() {
    Offer dear = running(Fleets.offer("a", H100, "0.9", 8, 2800), 1);
    Offer cheap = Fleets.offer("b", new Place("h100", CapacityType.Spot), "0.9", 8, 2800);
    DeploymentDemand demand =
        Fleets.demand("chat", 1000, ANY, List.of(dear, started(cheap, Duration.ofHours(1))));
    FleetSupply supply =
        new FleetSupply(
            List.of(
                new PoolSupply(
                    "h100",
                    8,
                    null,
                    List.of(
                        new CapacitySupply(CapacityType.OnDemand, Fleets.dollars(19), 0, 9),
                        new CapacitySupply(CapacityType.Spot, Fleets.dollars(15), 0, 9)))));
    assertEquals(1, solved(demand, supply, null).replicas("a", H100));
    DeploymentDemand quick =
        Fleets.demand("chat", 1000, ANY, List.of(dear, started(cheap, Duration.ofMinutes(5))));
    assertEquals(0, solved(quick, supply, null).replicas("a", H100));
  }

  @Test
  void shouldTakeALowerRungOnlyWhenMoneyForbidsTheBetter() {
    DeploymentDemand demand =
        Fleets.demand(
            "chat",
            2000,
            ANY,
            List.of(
                Fleets.offer("large", H100, "0.95", 8, 2800),
                Fleets.offer("small", L4, "0.80", 1, 1000)));
    assertEquals(new BigDecimal("0.95"), solved(demand, supply(10, 10), null).quality());
    DeploymentPlan poor = solved(demand, supply(10, 10), Fleets.dollars(5));
    assertEquals(new BigDecimal("0.80"), poor.quality());
    assertFalse(poor.isFull());
    assertTrue(poor.shortBy().toString().contains("allowance of shop: $1.60/h of $5.00/h"));
  }

  @Test
  void shouldMeetATargetCpmOnALowerRungOrSayWhatBinds() {
    List<Offer> offers =
        List.of(
            Fleets.offer("large", H100, "0.95", 8, 2800),
            Fleets.offer("small", L4, "0.80", 1, 500));
    DeploymentPlan met = solved(target(2800, 0, 0, null, "0.60", offers), supply(9, 9), null);
    assertEquals(new BigDecimal("0.80"), met.quality());
    assertInstanceOf(TargetVerdict.Met.class, met.target());
    assertEquals(
        TargetVerdict.Binding.QualityFloor, binding(target(2800, 0, 0, "0.9", "0.60", offers)));
    List<Offer> one = offers.subList(0, 1);
    assertEquals(TargetVerdict.Binding.Price, binding(target(2800, 0, 0, null, "1.00", one)));
    assertEquals(TargetVerdict.Binding.Demand, binding(target(280, 0, 0, null, "2.00", one)));
    assertEquals(
        TargetVerdict.Binding.SloHeadroom, binding(target(2800, 10, 0, null, "2.00", one)));
    assertEquals(TargetVerdict.Binding.MinReplicas, binding(target(2800, 0, 2, null, "2.00", one)));
    DeploymentPlan missed = solved(target(280, 0, 0, null, "2.00", one), supply(9, 9), null);
    assertEquals(
        "CPM $18.85 at $19.00/h and 280 tokens/s, target $2.00 allows $2.02/h: bound by one"
            + " replica of large on h100/on-demand costs $19.00/h, CPM $1.88 at full use (2800"
            + " tokens/s) and $18.85 at this demand",
        missed.target() == null ? "" : missed.target().message());
  }

  @Test
  void shouldServePriorityFirstAndFloorsBeforeIt() {
    DeploymentDemand low = ranked("low", 0, 1, new Scaling(1, 9));
    DeploymentDemand high = ranked("high", 100, 1, new Scaling(0, 9));
    Plan plan = FleetPlanner.plan(FleetDemand.of(List.of(low, high), Map.of()), supply(3, 0));
    assertEquals(1, plan.of("shop", "low").orElseThrow().replicas());
    assertEquals(2, plan.of("shop", "high").orElseThrow().replicas());
    assertEquals(
        List.of("2800 of 8400 tokens/s", "h100/on-demand: 3 of 3 further nodes"),
        plan.of("shop", "low").orElseThrow().shortBy());
  }

  @Test
  void shouldShareByWeightAmongEquals() {
    DeploymentDemand one = ranked("one", 0, 1, ANY);
    DeploymentDemand two = ranked("two", 0, 2, ANY);
    Plan plan = FleetPlanner.plan(FleetDemand.of(List.of(one, two), Map.of()), supply(3, 0));
    assertEquals(1, plan.of("shop", "one").orElseThrow().replicas());
    assertEquals(2, plan.of("shop", "two").orElseThrow().replicas());
  }

  @Test
  void shouldCountNodesWholeUnderAPoolsCeiling() {
    PoolSupply pool =
        new PoolSupply(
            "h100",
            8,
            Fleets.dollars(40),
            List.of(new CapacitySupply(CapacityType.OnDemand, Fleets.dollars(19), 0, 9)));
    DeploymentDemand demand =
        Fleets.demand("chat", 9000, ANY, List.of(Fleets.offer("half", H100, "0.9", 4, 1000)));
    Plan plan = DeploymentProgram.solve(demand, new FleetSupply(List.of(pool)), null);
    assertEquals(4, plan.of("shop", "chat").orElseThrow().replicas());
    assertEquals(Fleets.dollars(38), plan.hourly("h100"));
    assertTrue(
        plan.of("shop", "chat")
            .orElseThrow()
            .shortBy()
            .contains("maxHourlySpend of h100: $38.00/h of $40.00/h"));
  }

  @Test
  void shouldExplainEveryOffer() {
    DeploymentDemand demand =
        Fleets.demand(
            "chat",
            2000,
            ANY,
            List.of(
                Fleets.offer("large", H100, "0.95", 8, 2800),
                Fleets.offer("dear", H100, "0.95", 8, 1400),
                Fleets.offer("small", L4, "0.80", 1, 1000)));
    PlanExplanation why =
        DeploymentProgram.solve(demand, supply(9, 9), null).explain("shop", "chat").orElseThrow();
    assertEquals(
        "1 large on h100/on-demand: $19.00/h, CPM $2.64, quality 0.95; 2800 tokens/s within the"
            + " SLO for 2000 with 0 % headroom; bound by demand 2000 tokens/s; gap 0.00 %",
        why.line());
    assertEquals(
        List.of(
            "dear on h100/on-demand: 2 replicas, $38.00/h, CPM $5.28, quality 0.95: dearer: the"
                + " choice costs $19.00/h more than what is paid anyway",
            "large on h100/on-demand: 1 replica, $19.00/h, CPM $2.64, quality 0.95: chosen",
            "small on l4/on-demand: 2 replicas, $1.60/h, CPM $0.22, quality 0.80: lower than"
                + " quality 0.95"),
        why.choice().candidates().stream().map(each -> each.line()).toList());
  }

  @Test
  void shouldPlanNothingForNobody() {
    Plan plan = FleetPlanner.plan(FleetDemand.of(List.of(), Map.of()), supply(1, 1));
    assertEquals(HourlyRate.ZERO, plan.cost());
    assertEquals(0, plan.gapPerMillion());
  }

  private static FleetSupply supply(int h100, int l4) {
    return new FleetSupply(
        List.of(
            new PoolSupply(
                "h100",
                8,
                null,
                List.of(new CapacitySupply(CapacityType.OnDemand, Fleets.dollars(19), 0, h100))),
            new PoolSupply(
                "l4",
                1,
                null,
                List.of(new CapacitySupply(CapacityType.OnDemand, Fleets.dollars(0.8), 0, l4)))));
  }

  private static DeploymentPlan solved(
      DeploymentDemand demand, FleetSupply supply, @Nullable HourlyRate allowed) {
    return DeploymentProgram.solve(demand, supply, allowed).deployments().getFirst();
  }

  private static TargetVerdict.Binding binding(DeploymentDemand demand) {
    return assertInstanceOf(TargetVerdict.Missed.class, solved(demand, supply(9, 9), null).target())
        .binding();
  }

  private static DeploymentDemand target(
      long tokens,
      int headroom,
      int fewest,
      @Nullable String floor,
      String target,
      List<Offer> offers) {
    return new DeploymentDemand(
        "shop",
        "chat",
        0,
        1,
        TokensPerSecond.of(tokens),
        headroom,
        new Scaling(fewest, 100),
        floor == null ? null : new BigDecimal(floor),
        Cpm.parse(target),
        Duration.ofHours(1),
        offers);
  }

  private static DeploymentDemand ranked(String name, int priority, int weight, Scaling scaling) {
    return new DeploymentDemand(
        "shop",
        name,
        priority,
        weight,
        TokensPerSecond.of(8400),
        0,
        scaling,
        null,
        null,
        Duration.ofHours(1),
        List.of(Fleets.offer("large", H100, "0.95", 8, 2800)));
  }

  private static Offer running(Offer offer, int running) {
    return new Offer(
        offer.variant(),
        offer.place(),
        offer.quality(),
        offer.gpus(),
        offer.safe(),
        running,
        offer.start(),
        offer.most(),
        offer.risk());
  }

  private static Offer started(Offer offer, Duration start) {
    return new Offer(
        offer.variant(),
        offer.place(),
        offer.quality(),
        offer.gpus(),
        offer.safe(),
        offer.running(),
        start,
        offer.most(),
        offer.risk());
  }
}
