package dev.comptroller.e2e.simulator.autoscale;

import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// All policies and the optimum over the same arrivals.
public final class Comparison {
  /// The name of the cheapest plan found.
  public static final String OPTIMUM = "optimum";

  /// The name of the operator's own autoscaler.
  public static final String OURS = "the operator's";

  private static final int WINDOW_MINUTES = 10;

  private final Arrivals arrivals;
  private final Fleet.Rules rules;
  private final Race race;
  private final int initial;

  /// What is compared.
  ///
  /// @param startSeconds from asking for a replica until it serves
  /// @param batchWindow seconds that requests may wait, where they may
  /// @param most replicas at most; 0: twice what the busiest window needs
  /// @param maxQueued requests that a replica queues; the next one is refused
  public record Setting(int startSeconds, double batchWindow, int most, int maxQueued) {}

  /// The run of one policy.
  public record Entry(String name, Fleet fleet) {}

  /// The runs, and dollars that nobody beats.
  ///
  /// @param entries the optimum first
  /// @param leastMicros the work at the pace of full replicas
  /// @param plans how many plans ran for the optimum
  public record Result(List<Entry> entries, long leastMicros, int plans) {
    /// The optimum's run.
    public Fleet optimum() {
      return entries.getFirst().fleet;
    }
  }

  /// A comparison over `arrivals` on `threads` threads.
  public Comparison(Arrivals arrivals, Setting setting, int threads) {
    this.arrivals = arrivals;
    Workload mix = new Workload(Sizes.CONTEXT.mean(), Sizes.GENERATED.mean(), 0);
    Machine machine = Machine.seventyBillion(mix, setting.startSeconds, setting.maxQueued);
    Slo slo = new Slo(2, 0.05, 0.999);
    Rates rates = arrivals.rates();
    double busiest = 0;
    for (int window = 0; window < rates.windows(); window++) {
      busiest = Math.max(busiest, rates.mean(window));
    }
    double interactive = 1 - arrivals.deferrable();
    int most =
        setting.most > 0
            ? setting.most
            : (int) Math.min(Fleet.MOST, Math.ceil(2 * busiest / machine.fullRate(mix)) + 2);
    rules =
        new Fleet.Rules(machine, mix, slo, machine.safeRate(mix, slo), most, setting.batchWindow);
    initial =
        Math.clamp(
            (int) Math.ceil(1.25 * interactive * rates.mean(0) / machine.fullRate(mix)), 1, most);
    race = new Race(arrivals, threads);
  }

  /// What is the same for all policies.
  public Fleet.Rules rules() {
    return rules;
  }

  /// Runs everything.
  public Result run() {
    long seconds = arrivals.rates().seconds();
    Map<String, ScalingPolicy> policies = policies();
    List<Entry> entries = new ArrayList<>();
    List<Fleet> fleets = new ArrayList<>();
    policies.forEach(
        (name, policy) -> {
          Fleet fleet = new Fleet(rules, policy, initial, 0, seconds);
          fleets.add(fleet);
          entries.add(new Entry(name, fleet));
        });
    race.run(fleets);
    Optimum.Found found = Optimum.find(race, arrivals, rules, initial, 0);
    entries.addFirst(new Entry(OPTIMUM, found.fleet()));
    return new Result(entries, Optimum.leastMicros(arrivals, rules), found.runs());
  }

  private Map<String, ScalingPolicy> policies() {
    int peak = peak();
    Map<String, ScalingPolicy> policies = new LinkedHashMap<>();
    policies.put(OURS, new Ours(rules));
    policies.put(
        "line + root rule",
        new Forecasting(
            new Forecasting.Settings(0.02, 1, rules.machine().limits().maxSequences(), 1, 120)));
    policies.put("reactive +25 %", new Reactive());
    policies.put("HPA on concurrency", Hpa.onConcurrency(rules.safe().sequences()));
    policies.put("HPA on queue", Hpa.onQueue(5));
    policies.put("KEDA on queue", new Keda(5));
    policies.put("WVA saturation", new Saturation());
    policies.put("static peak (%d)".formatted(peak), _ -> peak);
    return policies;
  }

  /// The fewest replicas that keep what is promised in each of the busiest ten minutes.
  private int peak() {
    Rates rates = arrivals.rates();
    int busiest = 0;
    for (int window = 0; window < rates.windows(); window++) {
      if (rates.mean(window) > rates.mean(busiest)) {
        busiest = window;
      }
    }
    int around = Math.max(1, 1800 / rates.windowSeconds());
    int from = Math.max(0, busiest - around);
    int to = Math.min(rates.windows(), busiest + around + 1);
    double full = rules.machine().fullRate(rules.mix());
    double interactive = 1 - arrivals.deferrable();
    int least = Math.max(1, (int) (interactive * rates.mean(busiest) / full));
    for (int count = least; count < rules.most(); count++) {
      int replicas = count;
      long until = (long) to * rates.windowSeconds();
      Fleet fleet =
          new Fleet(rules, _ -> replicas, replicas, (long) from * rates.windowSeconds(), until);
      race.run(List.of(fleet), from, to);
      if (fleet.score().worst(WINDOW_MINUTES) <= 1 - rules.slo().attainment()) {
        return count;
      }
    }
    return rules.most();
  }
}
