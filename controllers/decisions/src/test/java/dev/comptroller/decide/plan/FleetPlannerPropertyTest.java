package dev.comptroller.decide.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.comptroller.decide.units.TokensPerSecond;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// What holds of every plan of every fleet.
class FleetPlannerPropertyTest {
  @Property(tries = 60)
  void shouldKeepEveryLimitSayWhyAnyoneIsShortAndNeverBeatItsBound(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 60) int deployments,
      @ForAll @IntRange(min = 10, max = 300) int room) {
    Fleets.Fleet fleet = Fleets.make(new Fleets.Size(deployments, 3, 4, 4, room), seed);
    Plan plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
    check(plan);
    assertTrue(plan.bound().compareTo(plan.cost()) <= 0);
    assertTrue(bound(plan) <= plan.cost().microsPerHour(), () -> "bound " + bound(plan));
    assertEquals(
        plan.deployments(), FleetPlanner.plan(fleet.demand(), fleet.supply()).deployments());
  }

  @Property(tries = 60)
  void shouldKeepEveryLimitAfterEveryChange(
      @ForAll long seed, @ForAll @IntRange(min = 10, max = 300) int room) {
    Random random = new Random(seed);
    Fleets.Fleet fleet = Fleets.make(new Fleets.Size(30, 3, 4, 4, room), seed);
    Plan plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
    FleetSupply supply = fleet.supply();
    for (int i = 0; i < 8; i++) {
      DeploymentDemand one = plan.demand().deployments().get(random.nextInt(30));
      TokensPerSecond tokens = TokensPerSecond.of(random.nextInt(20_000));
      FleetDemand demand = plan.demand().with(List.of(one.with(tokens)));
      supply = supply.with(resized(supply.pools().get(random.nextInt(3)), random));
      plan = FleetPlanner.replan(plan, demand, supply);
      check(plan);
      Plan made = plan;
      assertTrue(bound(plan) <= plan.cost().microsPerHour(), () -> "bound " + bound(made));
    }
  }

  @Property(tries = 60)
  void shouldLeaveNothingThatSomebodyWhoIsShortCouldUse(
      @ForAll long seed,
      @ForAll @IntRange(min = 10, max = 200) int deployments,
      @ForAll @IntRange(min = 10, max = 70) int room) {
    Fleets.Fleet fleet = Fleets.make(new Fleets.Size(deployments, 3, 4, 4, room), seed);
    Plan plan = FleetPlanner.plan(fleet.demand(), fleet.supply());
    Column[] columns = plan.columns.clone();
    Filling filling = new Filling(plan.programs, columns, plan.load.copy(), plan.worth);
    assertFalse(filling.refill());
  }

  /// In this fleet others take the room of a floor while its owner has more than that elsewhere.
  @Example
  void shouldKeepEveryLimitWhereTheRoomOfAFloorIsTakenMeanwhile() {
    Fleets.Fleet fleet = Fleets.make(new Fleets.Size(60, 3, 4, 4, 78), 59);
    check(FleetPlanner.plan(fleet.demand(), fleet.supply()));
  }

  private static double bound(Plan plan) {
    double sum = -Dual.worthOf(plan.grid, plan.worth);
    for (long each : plan.bounds) {
      sum += each;
    }
    return sum - 1;
  }

  /// Limits counted anew from what the plan says, not from its own sums.
  private static void check(Plan plan) {
    Load load = new Load(plan.grid);
    for (Column column : plan.columns) {
      load.add(column);
    }
    assertTrue(plan.grid.holds(load.used));
    for (PoolSupply pool : plan.supply().pools()) {
      long paid =
          pool.capacity().stream()
              .mapToLong(each -> each.paid() * each.perNode().microsPerHour())
              .sum();
      assertTrue(
          pool.ceiling() == null
              || plan.hourly(pool.pool()).microsPerHour()
                  <= Math.max(paid, pool.ceiling().microsPerHour()));
    }
    for (DeploymentPlan made : plan.deployments()) {
      assertTrue(made.replicas() <= made.demand().scaling().maxReplicas());
      boolean served = made.capacity().compareTo(made.demand().need()) >= 0;
      boolean floor = made.replicas() >= made.demand().scaling().minReplicas();
      assertTrue((served && floor) || !made.isFull());
      assertFalse(
          made.quality() != null
              && made.demand().qualityFloor() != null
              && made.quality().compareTo(made.demand().qualityFloor()) < 0);
    }
  }

  private static PoolSupply resized(PoolSupply pool, Random random) {
    return new PoolSupply(
        pool.pool(),
        pool.gpusPerNode(),
        pool.ceiling(),
        pool.capacity().stream()
            .map(
                each ->
                    new CapacitySupply(
                        each.type(),
                        each.perNode(),
                        each.paid(),
                        each.paid() + random.nextInt(1 + each.most())))
            .toList());
  }
}
