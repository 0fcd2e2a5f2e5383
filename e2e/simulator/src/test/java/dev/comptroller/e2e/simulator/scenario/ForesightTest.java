package dev.comptroller.e2e.simulator.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.e2e.simulator.scenario.Foresight.Bound;
import dev.comptroller.e2e.simulator.scenario.Foresight.Frozen;
import dev.comptroller.e2e.simulator.scenario.Foresight.Physics;
import dev.comptroller.e2e.simulator.scenario.Foresight.Plan;
import dev.comptroller.e2e.simulator.scenario.Foresight.World;
import dev.comptroller.e2e.simulator.scenario.SquareWaves.Wave;
import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Service.Rung;
import dev.comptroller.e2e.simulator.world.Speed;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/// Foresight against every plan there is in tiny worlds, and against runs.
class ForesightTest {
  private static final long SLOT = 60;
  private static final int MOST = 2;
  private static final int DWELL = 2;
  private static final double NEAR = 1e-6;
  private static final List<Double> PRICES =
      DoubleStream.iterate(1e-3, price -> price < 1, price -> price * 1.2).boxed().toList();
  private static final Speed.Mix MIX = new Speed.Mix(800, 200);
  private static final List<Rung> RUNGS =
      List.of(
          new Rung("large", 90, Speed.calibrated(2_800, 64, MIX), Fleets.QUEUE),
          new Rung("small", 60, Speed.calibrated(2_400, 64, MIX), Fleets.QUEUE));

  /// A world whose demand and prices change at random.
  private static World world(long seed, int slots, List<Frozen> frozen) {
    return world(seed, slots, 0, frozen);
  }

  private static World world(long seed, int slots, int least, List<Frozen> frozen) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] rates = random.doubles(slots, 0.5, 6).toArray();
    double[] prices = random.doubles(slots, 2e6, 8e6).toArray();
    Demand demand = Demands.of(SLOT, second -> rates[(int) (second / SLOT)], MIX, 0, 0);
    return new World(
        0,
        slots * SLOT,
        false,
        demand,
        RUNGS,
        (second, rung) -> prices[(int) (second / SLOT)] * (rung == 0 ? 4 : 1),
        least,
        MOST,
        true,
        new Physics(SLOT, SLOT, 5, 20, DWELL * SLOT),
        frozen);
  }

  @Test
  void shouldNeverBeBeatenByAnyPlanAndBeAsCloseAsAPriceCanTell() {
    for (long seed = 1; seed <= 12; seed++) {
      List<Frozen> frozen = seed % 3 == 0 ? List.of(new Frozen(115, 310)) : List.of();
      World world = world(seed, 7, (int) (seed % 2), frozen);
      List<Plan> plans = new Plans(world).all();
      for (double money : new double[] {2e5, 5e5, 1e6}) {
        double best =
            plans.stream()
                .filter(plan -> plan.micros() <= money)
                .mapToDouble(Plan::value)
                .max()
                .orElse(0);
        Bound most = Foresight.most(world, money);

        assertThat(most.limit()).isGreaterThanOrEqualTo(best * (1 - NEAR));
        assertThat(most.limit())
            .isLessThanOrEqualTo(
                PRICES.stream()
                        .mapToDouble(price -> (worth(plans, price) + money) / price)
                        .min()
                        .orElseThrow()
                    * 1.001);
        assertThat(most.plan().micros()).isLessThanOrEqualTo(money);
        assertThat(most.plan().value()).isLessThanOrEqualTo(best * (1 + NEAR));
      }
    }
  }

  @Test
  void shouldNeverCostMoreThanAnyPlanAndBeAsCloseAsAPriceCanTell() {
    for (long seed = 1; seed <= 6; seed++) {
      World world = world(seed, 7, (int) (seed % 3), List.of());
      List<Plan> plans = new Plans(world).all();
      double value = 0.7 * plans.stream().mapToDouble(Plan::value).max().orElseThrow();
      double least =
          plans.stream()
              .filter(plan -> plan.value() >= value)
              .mapToDouble(Plan::micros)
              .min()
              .orElseThrow();
      Bound bound = Foresight.least(world, value);

      assertThat(bound.limit()).isLessThanOrEqualTo(least * (1 + NEAR));
      assertThat(bound.limit())
          .isGreaterThanOrEqualTo(
              PRICES.stream()
                      .mapToDouble(price -> price * value - worth(plans, price))
                      .max()
                      .orElseThrow()
                  * 0.999);
      assertThat(bound.plan().value()).isGreaterThanOrEqualTo(value);
      assertThat(bound.plan().micros()).isGreaterThanOrEqualTo(least * (1 - NEAR));
    }
  }

  /// What the best of the plans is worth at a price of a token, less its dollars.
  private static double worth(List<Plan> plans, double price) {
    return plans.stream()
        .mapToDouble(plan -> price * plan.value() - plan.micros())
        .max()
        .orElseThrow();
  }

  @Test
  void shouldFindNoBetterPlanBetweenTheSlots() {
    for (long seed = 1; seed <= 5; seed++) {
      World world = world(seed, 30, List.of());
      Physics fine = new Physics(SLOT / 4, SLOT, 5, 5, DWELL * SLOT);
      Physics coarse = new Physics(SLOT, SLOT, 5, 5, DWELL * SLOT);

      assertThat(Foresight.most(with(world, fine), 3e6).limit())
          .isCloseTo(Foresight.most(with(world, coarse), 3e6).limit(), within(1.0));
    }
  }

  private static World with(World world, Physics physics) {
    return new World(
        world.start(),
        world.end(),
        world.running(),
        world.demand(),
        world.rungs(),
        world.cost(),
        world.least(),
        world.most(),
        world.quality(),
        physics,
        world.frozen());
  }

  @Test
  void shouldNotBeBeatenByARun() {
    SquareWaves.Result price =
        SquareWaves.run(Wave.Price, 14_400, 24, 1, MoneyLoop::decide).judged();

    assertThat(price.regret()).isPositive().isGreaterThanOrEqualTo(price.regretOfPlan());
  }

  @Test
  void shouldChangeTheLoadInTheMiddleOfEveryWave() {
    for (long period : SquareWaves.PERIODS) {
      assertThat(SquareWaves.step(period / 2)).as("%d s", period).isBetween(30L, 300L);
      assertThat(period / 2 % SquareWaves.step(period / 2)).as("%d s", period).isZero();
    }
  }

  /// Every plan of a world, one state for each slot.
  private static final class Plans {
    private final World world;
    private final int slots;
    private final List<Plan> all = new ArrayList<>();

    Plans(World world) {
      this.world = world;
      this.slots = (int) ((world.end() - world.start()) / SLOT);
    }

    List<Plan> all() {
      for (int rung = 0; rung < RUNGS.size(); rung++) {
        from(0, rung, 0, DWELL, new Plan(0, 0));
      }
      return all;
    }

    private void from(int slot, int rung, int replicas, int age, Plan before) {
      if (slot == slots) {
        all.add(before);
        return;
      }
      for (int to = 0; to < RUNGS.size(); to++) {
        for (int count = 0; count <= MOST; count++) {
          boolean changes = to != rung;
          int starts = changes ? count : Math.max(0, count - replicas);
          int ends = changes ? replicas : Math.max(0, replicas - count);
          boolean tooFew = count < world.least() && (replicas > 0 || count > 0);
          boolean late = starts > 0 && (slot == 0 || isFrozen(slot - 1));
          boolean stuck = !changes && ends > 0 && isFrozen(slot);
          if (tooFew || late || stuck || (changes && (count == 0 || age < DWELL))) {
            continue;
          }
          double cost = starts == 0 ? 0 : starts * hourly(slot - 1, to) * SLOT / 3600;
          cost += ends * hourly(slot, rung) * (changes ? 20 : 5) / 3600.0;
          cost += count * hourly(slot, to) * SLOT / 3600;
          Oracle.Load load = Oracle.Load.at(world.demand(), slot * SLOT);
          double served = Math.min(load.requests(), count * load.speed(RUNGS.get(to)));
          double value = served * SLOT * load.tokens() * RUNGS.get(to).quality();
          from(
              slot + 1,
              to,
              count,
              changes ? 1 : Math.min(DWELL, age + 1),
              new Plan(before.value() + value, before.micros() + cost));
        }
      }
    }

    private double hourly(int slot, int rung) {
      return world.cost().of(slot * SLOT, rung);
    }

    /// Whether somebody who can act neither in the slot before nor in this one cannot act between.
    private boolean isFrozen(int slot) {
      return world.frozen().stream()
          .anyMatch(each -> each.from() <= (slot - 1) * SLOT && (slot + 1) * SLOT <= each.until());
    }
  }
}
