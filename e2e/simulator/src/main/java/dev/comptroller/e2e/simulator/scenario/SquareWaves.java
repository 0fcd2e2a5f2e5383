package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Controls;
import dev.comptroller.e2e.simulator.control.Operator.Brain;
import dev.comptroller.e2e.simulator.control.Setup;
import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.PriceTrack.Point;
import dev.comptroller.e2e.simulator.world.Service;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Square waves of price or load, of any period: what moves capacity must not flap with them.
public final class SquareWaves {
  /// Periods from a minute to a day, in seconds.
  public static final List<Long> PERIODS =
      List.of(60L, 300L, 900L, 1_800L, 3_600L, 4 * 3_600L, 12 * 3_600L, 86_400L);

  private static final long START = Instant.parse("2026-03-02T00:00:00Z").getEpochSecond();
  private static final long HOUR = 3_600;
  private static final long DAY = 24 * HOUR;
  private static final int LEAST = 1;
  private static final int MOST = 6;
  private static final long PRICE = 32_000_000;

  private SquareWaves() {}

  /// What swings.
  public enum Wave {
    /// The price of a node, between its usual and its triple, declared a day ahead.
    Price,
    /// The same, declared an hour ahead.
    PriceAtShortNotice,
    /// The load, between a tenth and the whole.
    Load;

    /// Seconds from the declaration of a price until it holds.
    private long notice() {
      return this == Price ? DAY : HOUR;
    }
  }

  /// A run that is over.
  ///
  /// @param wave what swung
  /// @param period in seconds
  /// @param end in seconds since 1970
  /// @param setup of the run, which forgets prices that are over
  /// @param simulation the run
  public record Run(Wave wave, long period, long end, Setup setup, Simulation simulation) {
    /// Changes of variant.
    public long changes() {
      return simulation.total().changes();
    }

    /// Of these, those to a lower rung.
    public long downgrades() {
      return simulation.total().downgrades();
    }

    /// What it cost beside what foresight needs, which takes longer to find than the run itself.
    public Result judged() {
      Service service = setup.services().getFirst();
      PriceTrack track = track(wave, period, end);
      double least = 0;
      for (Simulation.Hour hour : simulation.hours()) {
        Oracle.World world =
            new Oracle.World(
                hour.start(),
                hour.start() + 3_600,
                0,
                service.demand(),
                service.rungs(),
                (second, rung, count) -> cost(track, second, rung, count),
                MOST,
                true);
        least += Oracle.fixed(world, hour.tally().qualityTokens()).micros();
      }
      Foresight.Bound foresight =
          Foresight.least(
              new Foresight.World(
                  START,
                  end,
                  false,
                  service.demand(),
                  service.rungs(),
                  (second, rung) -> cost(track, second, rung, 1),
                  LEAST,
                  MOST,
                  true,
                  Fleets.physics(setup.faults()),
                  List.of()),
              simulation.total().promptQualityTokens());
      return new Result(this, foresight, simulation.total().spentMicros() / least - 1);
    }
  }

  /// What came of a run.
  ///
  /// @param run the run
  /// @param least the fewest dollars that foresight needs for as many quality-weighted tokens in
  ///   the whole run
  /// @param hourly dollars spent over those of an oracle, less one: for each hour the cheapest
  ///   fleet that never changes in it and serves as many quality-weighted tokens, started at once
  public record Result(Run run, Foresight.Bound least, double hourly) {
    /// Dollars spent over the bound, less one.
    public double regret() {
      return run.simulation().total().spentMicros() / least.limit() - 1;
    }

    /// Dollars spent over those of the best plan that was found, less one.
    public double regretOfPlan() {
      return run.simulation().total().spentMicros() / least.plan().micros() - 1;
    }
  }

  /// Runs so many hours of a wave; a change inside dwell is a broken invariant.
  public static Run run(Wave wave, long period, long hours, long seed, Brain brain) {
    long end = START + hours * HOUR;
    Setup setup = setup(wave, period, end, seed);
    return new Run(wave, period, end, setup, new Simulation(setup, brain).run(end));
  }

  private static double cost(PriceTrack track, long second, int rung, int count) {
    double node = track.micros(CapacityType.OnDemand, second);
    return node * count * Fleets.LADDER.get(rung).gpus() / Fleets.PER_NODE;
  }

  private static Setup setup(Wave wave, long period, long end, long seed) {
    Faults faults = new Faults(45, 30, 15, 20, 15, 0, 0, 0, 0, 0, 0);
    Controls controls = Controls.calm(60).withDemand();
    NamespacePolicy policy =
        Fleets.policy(
            Fleets.LADDER,
            Money.parse("300"),
            Period.Day,
            Fleets.HEAT,
            new Scaling(LEAST, MOST),
            Fleets.leaving(faults, controls, Fleets.rollout()),
            faults);
    long step = step(period / 2);
    double rate = 5.0;
    Demand demand =
        wave == Wave.Load
            ? Demands.of(step, Demands.square(rate / 10, rate, period), Fleets.MIX, 0, 0)
            : Demands.of(300, Demands.flat(rate / 2), Fleets.MIX, 0, 0);
    return new Setup(
        seed,
        START,
        List.of(
            new Setup.PoolSetup(
                Fleets.POOL,
                "NVIDIA-H100-80GB-HBM3",
                track(wave, period, end),
                Map.of(CapacityType.OnDemand, 6))),
        policy,
        List.of(Fleets.service(Fleets.LADDER, demand)),
        Fleets.rollout(),
        faults,
        controls,
        new Setup.Own(15));
  }

  /// The longest step of five minutes or less of which half a wave is a whole number.
  static long step(long half) {
    long step = Math.min(300, half);
    while (half % step != 0) {
      step--;
    }
    return step;
  }

  private static PriceTrack track(Wave wave, long period, long end) {
    PriceTrack track = new PriceTrack(Fleets.PER_NODE);
    long ever = Long.MIN_VALUE;
    track.add(new Point(CapacityType.OnDemand, ever, Long.MAX_VALUE, PRICE, ever));
    if (wave != Wave.Load) {
      for (long at = START; at < end; at += period) {
        track.add(
            new Point(CapacityType.OnDemand, at, at + period / 2, 3 * PRICE, at - wave.notice()));
      }
    }
    return track;
  }
}
