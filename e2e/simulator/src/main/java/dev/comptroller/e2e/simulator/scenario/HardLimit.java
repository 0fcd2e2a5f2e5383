package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Controls;
import dev.comptroller.e2e.simulator.control.Operator.Brain;
import dev.comptroller.e2e.simulator.control.Setup;
import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.world.Chance;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.PriceTrack.Point;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Tally;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;

/// A hard daily budget that does not suffice, in a world where everything goes wrong: bursts,
/// prices that triple, spot nodes that go, starts that fail, and an operator that crashes at its
/// writes and is gone for hours.
public final class HardLimit {
  /// First second: a Monday's midnight.
  public static final long START = Instant.parse("2026-03-02T00:00:00Z").getEpochSecond();

  private static final Money AMOUNT = Money.parse("80");
  private static final int MOST = 8;
  private static final long STEP = 300;
  private static final long DAY = 86_400;
  private static final long ON_DEMAND = 32_000_000;
  private static final long SPOT = 12_000_000;

  private HardLimit() {}

  /// The setup of `days` days.
  public static Setup setup(long seed, long days) {
    Faults faults = new Faults(45, 30, 15, 20, 15, 0.15, 6 * 3600, 1800, 0.5, 30, 45);
    Controls controls = Controls.rough(60).withDemand();
    RolloutPolicy rollout = Fleets.rollout();
    NamespacePolicy policy =
        Fleets.policy(
            Fleets.LADDER,
            AMOUNT,
            Period.Day,
            Fleets.HEAT,
            new Scaling(1, MOST),
            Fleets.leaving(faults, controls, rollout),
            faults);
    LongToDoubleFunction demand = Demands.bursty(Demands.daily(6, 0.6), seed, 12, 2.5);
    return new Setup(
        seed,
        START,
        List.of(
            new Setup.PoolSetup(
                Fleets.POOL,
                "NVIDIA-H100-80GB-HBM3",
                prices(seed, days, policy.leaving().total().toSeconds()),
                Map.of(CapacityType.OnDemand, 4, CapacityType.Spot, 1))),
        policy,
        List.of(Fleets.service(Fleets.LADDER, Demands.of(STEP, demand, Fleets.MIX, 0, 0))),
        rollout,
        faults,
        controls,
        new Setup.Own(15));
  }

  /// Prices that triple for an hour or two about every second day: two of three are declared as
  /// late as X allows, the others only as they begin to hold.
  private static PriceTrack prices(long seed, long days, long lead) {
    Chance chance = Chance.of(seed, "prices");
    Chance edits = Chance.of(seed, "edits");
    PriceTrack track = new PriceTrack(Fleets.PER_NODE);
    long ever = Long.MIN_VALUE;
    track.add(new Point(CapacityType.OnDemand, ever, Long.MAX_VALUE, ON_DEMAND, ever));
    track.add(new Point(CapacityType.Spot, ever, Long.MAX_VALUE, SPOT, ever));
    long at = START + chance.gap(2 * DAY);
    while (at < START + days * DAY) {
      boolean spot = chance.happens(0.5);
      long until = at + chance.between(600, 7200);
      track.add(
          new Point(
              spot ? CapacityType.Spot : CapacityType.OnDemand,
              at,
              until,
              3 * (spot ? SPOT : ON_DEMAND),
              edits.happens(1 / 3.0) ? at : at - lead - 1));
      at = until + chance.gap(2 * DAY);
    }
    return track;
  }

  /// Tokens that were served, and that could have been.
  ///
  /// @param tokens served
  /// @param prompt of these, those of requests that were served as they came
  /// @param foresight what foresight serves at most that is held to starts, ends, changes and dwell
  ///   as well, and cannot act either in an outage
  /// @param linear what an oracle serves for which nothing takes time
  public record Served(double tokens, double prompt, double foresight, double linear) {
    static final Served NONE = new Served(0, 0, 0, 0);

    /// Both together.
    public Served plus(Served other) {
      return new Served(
          tokens + other.tokens,
          prompt + other.prompt,
          foresight + other.foresight,
          linear + other.linear);
    }

    /// Tokens as a share of the linear oracle's.
    public double share() {
      return tokens / linear;
    }

    /// Tokens of requests that were served as they came, as a share of foresight's.
    public double shareOfForesight() {
      return prompt / foresight;
    }
  }

  /// What came of a run.
  ///
  /// @param days days that are over
  /// @param calm of these, days that no outage touched
  /// @param calmDays tokens served on calm days
  /// @param allDays tokens served on all days
  /// @param used dollars used of the limit on calm days, as a share of it
  /// @param maxReserveMicros the largest X
  /// @param overrunMicros the most that an outage cost past the limit
  /// @param riseMicros the most that an undeclared rise of a price cost past the limit
  /// @param checks how often the invariants were checked
  /// @param crashes how often the operator died at a write
  /// @param conflicts writes that were refused or lost their answer
  /// @param outageSeconds how long it was gone in all
  /// @param failedStarts starts of replicas that failed
  /// @param lostNodes spot nodes that went
  public record Result(
      long days,
      long calm,
      Served calmDays,
      Served allDays,
      double used,
      long maxReserveMicros,
      long overrunMicros,
      long riseMicros,
      long checks,
      long crashes,
      long conflicts,
      long outageSeconds,
      long failedStarts,
      long lostNodes) {}

  /// Runs `days` days; a broken invariant is a [dev.comptroller.e2e.simulator.control.Broken].
  public static Result run(long seed, long days, Brain brain) {
    Setup setup = setup(seed, days);
    Simulation run = new Simulation(setup, brain).run(START + days * DAY);
    Served calmDays = Served.NONE;
    Served allDays = Served.NONE;
    double spent = 0;
    long calm = 0;
    for (Simulation.Closed period : run.periods()) {
      Served day = day(setup, run, period);
      allDays = allDays.plus(day);
      if (!period.touched()) {
        calm++;
        calmDays = calmDays.plus(day);
        spent += period.spentMicros();
      }
    }
    return new Result(
        run.periods().size(),
        calm,
        calmDays,
        allDays,
        spent / calm / AMOUNT.micros(),
        run.invariants().highestReserve(),
        run.invariants().worstOverrun(),
        run.invariants().worstPast(),
        run.invariants().checks(),
        run.operator().crashes(),
        run.operator().conflicts(),
        run.operator().outageSeconds(),
        run.cluster().failedStarts(),
        run.cluster().lostNodes());
  }

  static Served day(Setup setup, Simulation run, Simulation.Closed period) {
    long start = period.window().start().getEpochSecond();
    long end = period.window().end().getEpochSecond();
    Service service = setup.services().getFirst();
    double perGpu = perGpu(period);
    double linear =
        Oracle.best(
                new Oracle.World(
                    start,
                    end,
                    0,
                    service.demand(),
                    service.rungs(),
                    (_, rung, count) -> count * Fleets.LADDER.get(rung).gpus() * perGpu,
                    MOST,
                    false),
                (double) AMOUNT.micros())
            .value();
    double foresight =
        Foresight.limit(
            new Foresight.World(
                start,
                end,
                true,
                service.demand(),
                service.rungs(),
                (_, rung) -> Fleets.LADDER.get(rung).gpus() * perGpu,
                0,
                MOST,
                false,
                Fleets.physics(setup.faults()),
                run.operator().outages().stream()
                    .map(each -> new Foresight.Frozen(each.from(), each.until()))
                    .toList()),
            (double) AMOUNT.micros());
    Tally tally = period.tally();
    return new Served(tally.tokens(), tally.promptTokens(), foresight, linear);
  }

  /// What a GPU cost in the period on average, in micro-dollars an hour: where a pod lands is the
  /// cluster's choice and when prices rise is nobody's, so the oracle pays what the run paid.
  private static double perGpu(Simulation.Closed period) {
    long held = period.tally().gpuSeconds();
    return held == 0 ? ON_DEMAND / (double) Fleets.PER_NODE : period.spentMicros() * 3600.0 / held;
  }
}
