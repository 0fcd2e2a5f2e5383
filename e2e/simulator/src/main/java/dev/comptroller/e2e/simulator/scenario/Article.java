package dev.comptroller.e2e.simulator.scenario;

import dev.comptroller.decide.allocate.Levers;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Scaling;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.heat.HeatSource;
import dev.comptroller.decide.heat.HeatStep;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Controls;
import dev.comptroller.e2e.simulator.control.Operator.Brain;
import dev.comptroller.e2e.simulator.control.Setup;
import dev.comptroller.e2e.simulator.control.Simulation;
import dev.comptroller.e2e.simulator.scenario.Fleets.RungSpec;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.PriceTrack.Point;
import dev.comptroller.e2e.simulator.world.Tally;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongToDoubleFunction;

/// A worked example: a 70B model at $19 an hour and 2,800 tokens a second a pod, 500 million tokens
/// a day, over a month of 30 days, as requests through the decisions.
///
/// Three levers, in this order: a smaller variant for the requests (a 8-bit rung of twice the
/// speed a dollar), answers capped at 300 tokens, and three in ten requests moved to the queue. A
/// lever is a step of the heat ladder that is due from the first look on, so it is the ladder that
/// pulls it. The bill of a set of levers is what pods cost in the month; shares are Shapley's.
public final class Article {
  /// The levers, in their order.
  public enum Lever {
    /// A smaller variant serves.
    SmallerVariant,
    /// Answers end after 300 tokens.
    OutputCap,
    /// What may wait goes to the queue.
    Batch
  }

  /// The shape of a day.
  public enum Shape {
    /// The same at any time.
    Flat,
    /// A daily curve.
    Daily
  }

  private static final long START = Instant.parse("2026-04-01T00:00:00Z").getEpochSecond();
  private static final long DAY = 86_400;
  private static final double TOKENS_A_DAY = 500e6;
  private static final long CAP = 300;
  private static final List<RungSpec> LADDER =
      List.of(new RungSpec("70b", 8, 90, 2_800), new RungSpec("70b-int8", 4, 85, 2_800));

  private static final String[] NAMES =
      Arrays.stream(Lever.values()).map(Lever::name).toArray(String[]::new);

  private Article() {}

  /// What it costs.
  ///
  /// @param days simulated days; figures are of 30
  /// @param fractionalMicros the bill if pods could be had in fractions: tokens over speed
  /// @param wholeMicros the bill of whole pods without a lever
  /// @param inOrder what each lever saves, pulled one after the other
  /// @param shares what each lever saves by its Shapley share
  /// @param allMicros the bill with all levers pulled
  /// @param served share of the requests that were answered with all levers pulled
  public record Result(
      Shape shape,
      long days,
      long fractionalMicros,
      long wholeMicros,
      List<Long> inOrder,
      List<Long> shares,
      long allMicros,
      double served) {
    /// Three pods at $19 an hour for 30 days.
    private static final long FLAT_MICROS = 3 * 19_000_000L * 24 * 30;

    /// Both bills as they are published, the one in fractions to three significant digits.
    private static final long FRACTIONS_MICROS = 28_500_000_000L;

    /// What it misses of the published figures, with numbers; empty if nothing.
    public List<String> missed() {
      List<String> missed = new ArrayList<>();
      if (Math.abs(fractionalMicros - FRACTIONS_MICROS) > FRACTIONS_MICROS / 100) {
        missed.add(
            "in fractions of pods %d micro-dollars, goal %d within 1 %%"
                .formatted(fractionalMicros, FRACTIONS_MICROS));
      }
      if (shape == Shape.Flat && wholeMicros != FLAT_MICROS) {
        missed.add(
            "in whole pods %d micro-dollars, goal %d of three pods"
                .formatted(wholeMicros, FLAT_MICROS));
      }
      long saved = wholeMicros - allMicros;
      sums(missed, "levers in their order", inOrder, saved);
      sums(missed, "Shapley shares", shares, saved);
      return missed;
    }

    private static void sums(List<String> missed, String what, List<Long> parts, long whole) {
      long sum = parts.stream().mapToLong(Long::longValue).sum();
      if (sum != whole) {
        missed.add("%s sum to %d micro-dollars, all of them save %d".formatted(what, sum, whole));
      }
    }
  }

  /// Runs `days` days for each set of levers.
  public static Result run(Shape shape, long days, Brain brain) {
    Map<Integer, Tally> runs = new TreeMap<>();
    for (int set = 0; set < 1 << Lever.values().length; set++) {
      Simulation run = new Simulation(setup(shape, set), brain).run(START + (days + 1) * DAY);
      Tally tally = new Tally();
      // The first day is left out: pods start in it.
      run.hours().stream().skip(24).forEach(hour -> tally.add(hour.tally()));
      runs.put(set, tally);
    }
    Levers levers = Levers.of(List.of(NAMES), pulled -> new Money(month(runs, bits(pulled), days)));
    double pods = TOKENS_A_DAY / DAY / LADDER.getFirst().tokensPerSecond();
    Tally all = tally(runs, bits(Set.of(NAMES)));
    return new Result(
        shape,
        days,
        Math.round(pods * 19e6 * 24 * 30),
        levers.before().micros(),
        levers.levers().stream().map(lever -> lever.inOrder().micros()).toList(),
        levers.levers().stream().map(lever -> lever.shapley().micros()).toList(),
        levers.after().micros(),
        all.served() / all.arrived());
  }

  private static int bits(Set<String> pulled) {
    return pulled.stream().mapToInt(name -> 1 << List.of(NAMES).indexOf(name)).sum();
  }

  private static Tally tally(Map<Integer, Tally> runs, int set) {
    Tally tally = runs.get(set);
    if (tally == null) {
      throw new IllegalStateException("no run of levers " + set);
    }
    return tally;
  }

  private static long month(Map<Integer, Tally> runs, int set, long days) {
    return Math.round(tally(runs, set).spentMicros() * 30.0 / days);
  }

  private static Setup setup(Shape shape, int levers) {
    Faults faults = new Faults(45, 30, 15, 20, 15, 0, 0, 0, 0, 0, 0);
    Controls controls = Controls.calm(300);
    NamespacePolicy policy =
        Fleets.policy(
            LADDER,
            Money.parse("1000000"),
            Period.Month,
            heat(levers),
            new Scaling(1, 12),
            Fleets.leaving(faults, controls, Fleets.rollout()),
            faults);
    double rate = TOKENS_A_DAY / DAY / Fleets.MIX.total();
    LongToDoubleFunction demand =
        switch (shape) {
          case Flat -> Demands.flat(rate);
          case Daily -> Demands.daily(rate, 0.6);
        };
    PriceTrack track = new PriceTrack(Fleets.PER_NODE);
    long ever = Long.MIN_VALUE;
    track.add(new Point(CapacityType.OnDemand, ever, Long.MAX_VALUE, 19_000_000, ever));
    return new Setup(
        1,
        START,
        List.of(
            new Setup.PoolSetup(
                Fleets.POOL, "NVIDIA-H100-80GB-HBM3", track, Map.of(CapacityType.OnDemand, 16))),
        policy,
        List.of(Fleets.service(LADDER, Demands.of(300, demand, Fleets.MIX, 30, 0))),
        Fleets.rollout(),
        faults,
        controls,
        new Setup.Rated(100, 60, 600));
  }

  /// Steps that are due at the first look, one for each lever that is pulled.
  private static HeatLadder heat(int levers) {
    List<HeatStep> steps = new ArrayList<>();
    List<Lever> all = List.of(Lever.values());
    for (int i = 0; i < all.size(); i++) {
      if ((levers >> i & 1) == 1) {
        steps.add(
            switch (all.get(i)) {
              case SmallerVariant -> step(HeatAction.Downgrade, 0);
              case OutputCap -> step(HeatAction.CapOutput, CAP);
              case Batch -> step(HeatAction.QueueBatch, 0);
            });
      }
    }
    return new HeatLadder(steps);
  }

  private static HeatStep step(HeatAction action, long limit) {
    return new HeatStep(1, HeatSource.Forecast, action, limit, Duration.ZERO, 0);
  }
}
