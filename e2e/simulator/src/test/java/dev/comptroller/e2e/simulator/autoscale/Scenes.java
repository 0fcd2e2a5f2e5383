package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.Workload;
import java.util.Arrays;
import java.util.List;

/// Small worlds for tests.
final class Scenes {
  static final Workload MIX = new Workload(Sizes.CONTEXT.mean(), Sizes.GENERATED.mean(), 0);
  static final Slo SLO = new Slo(2, 0.05, 0.999);

  private Scenes() {}

  static Machine machine(int startSeconds) {
    return Machine.seventyBillion(MIX, startSeconds, 256);
  }

  static Fleet.Rules rules(int startSeconds, int most) {
    Machine machine = machine(startSeconds);
    return new Fleet.Rules(machine, MIX, SLO, machine.safeRate(MIX, SLO), most, 3600);
  }

  /// Minutes with these rates.
  static Arrivals minutes(double variation, double deferrable, double... rates) {
    return new Arrivals(Rates.steps("minutes", 60, rates), variation, deferrable, 7);
  }

  /// As many minutes of one rate.
  static double[] flat(int minutes, double rate) {
    double[] rates = new double[minutes];
    Arrays.fill(rates, rate);
    return rates;
  }

  static Fleet run(Fleet.Rules rules, Arrivals arrivals, ScalingPolicy policy, int initial) {
    Fleet fleet = new Fleet(rules, policy, initial, 0, arrivals.rates().seconds());
    new Race(arrivals, 1).run(List.of(fleet));
    return fleet;
  }

  /// What a policy sees of replicas with these queues and batches.
  static View view(double now, int starting, int[] waiting, int[] running, double[] kvUse) {
    Fleet.Rules rules = rules(180, 100);
    return new View(
        now,
        waiting.length,
        starting,
        0,
        100,
        waiting,
        running,
        kvUse,
        0,
        0,
        new History(Fleet.TICK),
        rules.machine().fullRate(MIX),
        rules.safe(),
        180,
        new View.Batch(0, 0, 0, 3600, 0, 0, new int[0]));
  }

  static View waiting(double now, int starting, int... waiting) {
    return view(now, starting, waiting, new int[waiting.length], new double[waiting.length]);
  }
}
