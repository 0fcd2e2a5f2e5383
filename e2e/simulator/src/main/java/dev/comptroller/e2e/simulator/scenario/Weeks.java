package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Controls;
import dev.comptroller.e2e.simulator.control.Operator.Brain;
import dev.comptroller.e2e.simulator.control.Policies;
import dev.comptroller.e2e.simulator.control.Setup;
import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.PriceTrack.Point;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Tally;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;

/// Four weeks of traffic under a weekly budget: does it use the money up, evenly and well, and
/// leave alone what it need not touch?
public final class Weeks {
  private static final long START = Instant.parse("2026-03-02T00:00:00Z").getEpochSecond();
  private static final long WEEK = 7 * 86_400;
  private static final int LEAST = 1;
  private static final int MOST = 8;
  private static final long PRICE = 32_000_000;

  private Weeks() {}

  /// The shape of a week.
  public enum Shape {
    /// Little, and always the same.
    Quiet,
    /// A daily curve.
    Diurnal,
    /// A daily curve with bursts.
    Bursty,
    /// A daily curve that grows by half.
    Growing
  }

  /// What came of a week.
  ///
  /// @param shape its shape
  /// @param amountMicros the budget
  /// @param used dollars used, as a share of it
  /// @param share quality-weighted tokens, as a share of what foresight has for the same budget
  ///   at most
  /// @param shareOfPlan the same, of the best plan that was found
  /// @param shareOfLinear the same, of the linear bound, for which nothing takes time
  /// @param changes changes of variant
  /// @param cost dollars, as a multiple of the run without a budget
  /// @param tokens tokens, as a share of the run without a budget
  /// @param actions whether any step of the heat ladder beyond a warning was taken
  public record Result(
      Shape shape,
      long amountMicros,
      double used,
      double share,
      double shareOfPlan,
      double shareOfLinear,
      long changes,
      double cost,
      double tokens,
      boolean actions) {}

  /// Runs a week with `percent` of the money that it would cost without a budget.
  public static Result run(Shape shape, int percent, long seed, Brain brain) {
    Tally free = new Simulation(free(shape, seed), brain).run(START + WEEK).total();
    return run(shape, percent, free, seed, brain);
  }

  private static Result run(Shape shape, int percent, Tally free, long seed, Brain brain) {
    Money amount = new Money(free.spentMicros() / 100 * percent);
    boolean[] acted = new boolean[1];
    Brain watched =
        (seen, policy, now) -> {
          var decision = brain.decide(seen, policy, now);
          var heat = decision.heat();
          acted[0] |=
              heat != null
                  && heat.inForce().stream().anyMatch(step -> step.action() != HeatAction.Warn);
          return decision;
        };
    Setup setup = setup(shape, amount, seed);
    Simulation run = new Simulation(setup, watched).run(START + WEEK);
    Service service = setup.services().getFirst();
    double best =
        Oracle.best(
                new Oracle.World(
                    START,
                    START + WEEK,
                    0,
                    service.demand(),
                    service.rungs(),
                    (_, rung, count) ->
                        (double) PRICE * count * Fleets.LADDER.get(rung).gpus() / Fleets.PER_NODE,
                    MOST,
                    true),
                (double) amount.micros())
            .value();
    Foresight.Bound foresight =
        Foresight.most(
            new Foresight.World(
                START,
                START + WEEK,
                false,
                service.demand(),
                service.rungs(),
                (_, rung) -> (double) PRICE * Fleets.LADDER.get(rung).gpus() / Fleets.PER_NODE,
                LEAST,
                MOST,
                true,
                Fleets.physics(setup.faults()),
                List.of()),
            (double) amount.micros());
    return new Result(
        shape,
        amount.micros(),
        run.total().spentMicros() / (double) amount.micros(),
        run.total().promptQualityTokens() / foresight.limit(),
        run.total().promptQualityTokens() / foresight.plan().value(),
        run.total().qualityTokens() / best,
        run.total().changes(),
        run.total().spentMicros() / (double) free.spentMicros(),
        run.total().tokens() / free.tokens(),
        acted[0]);
  }

  private static Setup free(Shape shape, long seed) {
    Setup bound = setup(shape, Money.parse("1000000"), seed);
    return new Setup(
        bound.seed(),
        bound.start(),
        bound.pools(),
        Policies.observed(bound.policy()),
        bound.services(),
        bound.rollout(),
        bound.faults(),
        bound.controls(),
        bound.scaler());
  }

  private static Setup setup(Shape shape, Money amount, long seed) {
    Faults faults = new Faults(45, 30, 15, 20, 15, 0, 0, 0, 0, 0, 0);
    Controls controls = Controls.calm(300).withDemand();
    NamespacePolicy policy =
        Fleets.policy(
            Fleets.LADDER,
            amount,
            Period.Week,
            Fleets.HEAT,
            new Scaling(LEAST, MOST),
            Fleets.leaving(faults, controls, Fleets.rollout()),
            faults);
    PriceTrack track = new PriceTrack(Fleets.PER_NODE);
    long ever = Long.MIN_VALUE;
    track.add(new Point(CapacityType.OnDemand, ever, Long.MAX_VALUE, PRICE, ever));
    return new Setup(
        seed,
        START,
        List.of(
            new Setup.PoolSetup(
                Fleets.POOL, "NVIDIA-H100-80GB-HBM3", track, Map.of(CapacityType.OnDemand, 8))),
        policy,
        List.of(Fleets.service(Fleets.LADDER, demand(shape, seed))),
        Fleets.rollout(),
        faults,
        controls,
        new Setup.Own(15));
  }

  private static Demand demand(Shape shape, long seed) {
    LongToDoubleFunction daily = Demands.daily(8, 0.6);
    LongToDoubleFunction rate =
        switch (shape) {
          case Quiet -> Demands.flat(2.3);
          case Diurnal -> daily;
          case Bursty -> Demands.bursty(daily, seed, 10, 2);
          case Growing -> Demands.growing(daily, START, WEEK, 1.5);
        };
    return Demands.of(300, rate, Fleets.MIX, 0, 0);
  }
}
