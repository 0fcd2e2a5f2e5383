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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Where room is plenty, against the table of the least price for every need and number.
class CoverPropertyTest {
  private static final long NONE = Long.MAX_VALUE / 4;

  @Property(tries = 2000)
  void shouldCostNoMoreThanAnyCoverThoughItLeavesItemsOut(@ForAll long seed) {
    Random random = new Random(seed);
    DeploymentDemand demand = demand(random);
    Grid grid = new Grid(supply(random), FleetDemand.of(List.of(demand), Map.of()));
    Items items = new Items(demand, grid);
    long[] prices = new long[items.size];
    Arrays.setAll(prices, i -> items.cost[i] + random.nextInt(20));
    int fewest = demand.scaling().minReplicas();
    int most = demand.scaling().maxReplicas();
    long[] caps = Program.caps(items, grid);
    Cover cover = new Cover();
    int last = items.levels.size() - 1;
    cover.solve(items, last, prices, items.need, fewest, most, caps, Program.STEPS);
    long least = least(items, grid, prices, fewest, most);
    assertEquals(least < NONE, cover.missing == 0 && cover.shortage == 0);
    if (least < NONE) {
      assertTrue(cover.exact);
      assertEquals(least, cover.total, demand::toString);
    }
  }

  /// The least price of any number of replicas that cover the need.
  private static long least(Items items, Grid grid, long[] prices, int fewest, int most) {
    int need = Math.toIntExact(items.need);
    long[] least = new long[need + 1];
    Arrays.fill(least, NONE);
    least[0] = 0;
    long best = fewest == 0 ? least[need] : NONE;
    for (int count = 1; count <= most; count++) {
      long[] next = new long[need + 1];
      Arrays.fill(next, NONE);
      for (int i = 0; i < items.size; i++) {
        for (int had = 0; had <= need && grid.cap[items.placeRow[i]] > 0; had++) {
          int now = (int) Math.min(need, had + items.rate[i]);
          next[now] = Math.min(next[now], least[had] + prices[i]);
        }
      }
      least = next;
      if (count >= fewest) {
        best = Math.min(best, least[need]);
      }
    }
    return best;
  }

  private static DeploymentDemand demand(Random random) {
    List<Offer> offers = new ArrayList<>();
    for (int v = 0; v < 4; v++) {
      for (CapacityType type : Fleets.TYPES) {
        offers.add(
            new Offer(
                "v" + v,
                new Place("pool", type),
                new BigDecimal("0.9"),
                1 << random.nextInt(4),
                new TokensPerSecond(1 + random.nextInt(60)),
                0,
                Duration.ZERO,
                random.nextInt(4) == 0 ? 40 : 1000,
                new HourlyRate(random.nextInt(30))));
      }
    }
    int fewest = random.nextInt(3);
    return new DeploymentDemand(
        "shop",
        "chat",
        0,
        1,
        new TokensPerSecond(random.nextInt(120)),
        0,
        new Scaling(fewest, fewest + 1 + random.nextInt(20)),
        null,
        null,
        Duration.ofHours(1),
        offers);
  }

  private static FleetSupply supply(Random random) {
    List<CapacitySupply> capacity = new ArrayList<>();
    for (CapacityType type : Fleets.TYPES) {
      int paid = type == CapacityType.Reserved ? 30 + random.nextInt(100) : 0;
      capacity.add(
          new CapacitySupply(type, new HourlyRate(8L * (1 + random.nextInt(40))), paid, 200));
    }
    return new FleetSupply(List.of(new PoolSupply("pool", 8, null, capacity)));
  }
}
