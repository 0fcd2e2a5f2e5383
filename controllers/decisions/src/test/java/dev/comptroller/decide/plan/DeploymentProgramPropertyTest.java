package dev.comptroller.decide.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/// Against every combination of replicas there is.
class DeploymentProgramPropertyTest {
  private record Instance(
      DeploymentDemand demand, FleetSupply supply, @Nullable HourlyRate allowed) {}

  @Example
  void shouldBuyWholeNodesInTwoPlacesWhereTheCeilingPaysForThose() {
    // One of 200,000: without a ceiling it would buy a node more than that pays for.
    shouldServeAsMuchAsAnyCombinationAndNoDearer(-169_373);
  }

  @Property(tries = 4000)
  void shouldServeAsMuchAsAnyCombinationAndNoDearer(@ForAll long seed) {
    Instance instance = instance(new Random(seed));
    Plan plan = DeploymentProgram.solve(instance.demand(), instance.supply(), instance.allowed());
    DeploymentPlan made = plan.deployments().getFirst();
    ExhaustiveSearch.Best best =
        ExhaustiveSearch.of(instance.demand(), instance.supply(), instance.allowed());
    Column column = plan.columns[0];
    Supplier<String> seen = () -> instance + "\n" + made + "\n" + best;
    assertEquals(best.missing(), column.missing, seen);
    assertEquals(best.kept(), made(column), seen);
    if (best.full()) {
      assertEquals(best.cost(), column.cost, seen);
      assertProven(instance, column, plan, seen);
    }
    assertTrue(plan.grid.holds(plan.load.used), seen);
  }

  @Property(tries = 1000)
  void shouldTakeTheBestOfTheVariantsAloneWhereTheyMustNotMix(@ForAll long seed) {
    Instance instance = instance(new Random(seed));
    DeploymentDemand mixed = instance.demand();
    Plan plan =
        DeploymentProgram.solve(
            only(mixed, mixed.offers(), true), instance.supply(), instance.allowed());
    Column column = plan.columns[0];
    DeploymentPlan made = plan.deployments().getFirst();
    Supplier<String> seen = () -> instance + "\n" + made;
    assertTrue(
        made.picks().stream().map(pick -> pick.offer().variant()).distinct().count() <= 1, seen);
    Column first = alone(instance, "v0");
    Column second = alone(instance, "v1");
    Column best = isBetter(second, first) ? second : first;
    assertEquals(best.missing, column.missing, seen);
    assertEquals(made(best), made(column), seen);
    // Half of the demand at the better quality may be worth as much as all of it at the other.
    if (best.isFull() && column.isFull()) {
      assertTrue(column.cost <= best.cost, seen);
      assertProven(instance, column, plan, seen);
    }
  }

  /// The bound is the cost, but under a ceiling, which whole nodes reach sooner than the parts of
  /// nodes that the bound counts.
  private static void assertProven(
      Instance instance, Column column, Plan plan, Supplier<String> seen) {
    if (instance.supply().pools().getFirst().ceiling() == null) {
      assertEquals(column.cost, plan.bounds[0], seen);
    } else {
      assertTrue(plan.bounds[0] <= column.cost, seen);
    }
  }

  private static Column alone(Instance instance, String variant) {
    List<Offer> offers =
        instance.demand().offers().stream()
            .filter(offer -> offer.variant().equals(variant))
            .toList();
    return DeploymentProgram.solve(
            only(instance.demand(), offers, false), instance.supply(), instance.allowed())
        .columns[0];
  }

  private static boolean isBetter(Column one, Column other) {
    return Program.keepsMore(one, other)
        || (!Program.keepsMore(other, one) && one.cost < other.cost);
  }

  private static DeploymentDemand only(
      DeploymentDemand demand, List<Offer> offers, boolean oneVariant) {
    return new DeploymentDemand(
        demand.namespace(),
        demand.name(),
        demand.priority(),
        demand.weight(),
        demand.demand(),
        demand.headroom(),
        demand.scaling(),
        demand.qualityFloor(),
        demand.targetCpm(),
        demand.dwell(),
        offers,
        oneVariant);
  }

  private static BigDecimal made(Column column) {
    if (column.items.levels.isEmpty()) {
      return BigDecimal.ZERO;
    }
    long served = column.items.need == 0 ? 1 : column.served();
    return column
        .items
        .levels
        .get(column.level)
        .multiply(BigDecimal.valueOf(served))
        .stripTrailingZeros();
  }

  private static Instance instance(Random random) {
    int places = 1 + random.nextInt(3);
    List<CapacitySupply> capacity = new ArrayList<>();
    List<Place> names = new ArrayList<>();
    for (int i = 0; i < places; i++) {
      CapacityType type = Fleets.TYPES.get(i);
      int most = random.nextInt(3);
      int paid = type == CapacityType.Reserved ? most : random.nextInt(most + 1);
      capacity.add(
          new CapacitySupply(type, new HourlyRate(8L * (1 + random.nextInt(40))), paid, most));
      names.add(new Place("pool", type));
    }
    PoolSupply pool =
        new PoolSupply(
            "pool",
            1 << random.nextInt(4),
            random.nextInt(3) == 0 ? new HourlyRate(random.nextInt(600)) : null,
            capacity);
    List<Offer> offers = new ArrayList<>();
    for (Place place : names) {
      for (int v = 0; v < 2; v++) {
        if (random.nextInt(5) > 0) {
          offers.add(
              new Offer(
                  "v" + v,
                  place,
                  new BigDecimal(v == 0 || random.nextBoolean() ? "0.9" : "0.5"),
                  1 << random.nextInt(3),
                  new TokensPerSecond(random.nextInt(60)),
                  random.nextInt(3),
                  Duration.ofSeconds(random.nextInt(3) * 600L),
                  random.nextInt(4),
                  new HourlyRate(random.nextInt(3))));
        }
      }
    }
    int fewest = random.nextInt(3);
    DeploymentDemand demand =
        new DeploymentDemand(
            "shop",
            "chat",
            0,
            1,
            new TokensPerSecond(random.nextInt(150)),
            random.nextInt(3) * 10,
            new Scaling(fewest, fewest + random.nextInt(5)),
            random.nextInt(3) == 0 ? new BigDecimal("0.9") : null,
            null,
            Duration.ofHours(1),
            offers);
    @Nullable HourlyRate allowed =
        random.nextInt(3) == 0 ? new HourlyRate(random.nextInt(500)) : null;
    return new Instance(demand, new FleetSupply(List.of(pool)), allowed);
  }
}
