package dev.comptroller.reconcile.metrics;

import dev.comptroller.decide.capacity.StepCost;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.signals.Speeds;
import dev.comptroller.reconcile.signals.TokenLedger;
import io.prometheus.client.Collector;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What was learned of the speed of variants and of the demand for deployments, read at every
/// scrape.
public final class CapacityMetrics extends Collector {
  private static final List<String> VARIANT = List.of("namespace", "deployment", "variant");
  private static final List<String> PART = List.of("namespace", "deployment", "variant", "part");
  private static final List<String> DEPLOYMENT = List.of("namespace", "deployment");

  private final Speeds speeds;
  private final Demands demands;
  private final Clock clock;

  /// Metrics of what is in `speeds` and `demands`.
  public CapacityMetrics(Speeds speeds, Demands demands, Clock clock) {
    this.speeds = speeds;
    this.demands = demands;
    this.clock = clock;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    Family seconds = new Family("comptroller_capacity_step_seconds", PART);
    Family errors = new Family("comptroller_capacity_step_error_seconds", PART);
    Family samples = new Family("comptroller_capacity_samples", VARIANT);
    Family rejected = new Family("comptroller_capacity_rejected_samples", VARIANT);
    Family drifts = new Family("comptroller_capacity_drifts", VARIANT);
    for (Map.Entry<TokenLedger.Key, Speeds.Learned> entry : speeds.learned().entrySet()) {
      TokenLedger.Key key = entry.getKey();
      Speeds.Learned learned = entry.getValue();
      List<String> labels = List.of(key.namespace(), key.deployment(), key.variant());
      parts(seconds, labels, learned.steps().cost());
      parts(errors, labels, learned.steps().standardError());
      samples.add(labels, (double) learned.steps().samples());
      rejected.add(labels, (double) learned.rejected());
      drifts.add(labels, (double) learned.drifts());
    }
    Family demand = new Family("comptroller_demand_tokens_per_second", DEPLOYMENT);
    demands
        .all(clock.instant())
        .forEach(
            (name, rate) -> {
              int slash = name.indexOf('/');
              demand.add(
                  List.of(name.substring(0, slash), name.substring(slash + 1)),
                  rate.thousandths() / 1e3);
            });
    return List.of(
        seconds.of("Learned cost of a step: fixed, and per root of sequences, token, KV token."),
        errors.of("Standard errors of the learned cost of a step."),
        samples.of("Samples that the cost of a step comes from, since its last change."),
        rejected.of("Samples that were set aside as outliers."),
        drifts.of("Changes of a variant's speed that were noticed."),
        demand.of("Tokens a second that a deployment is asked for, once it is known."));
  }

  private static void parts(Family family, List<String> labels, StepCost cost) {
    family.add(with(labels, "fixed"), cost.fixed());
    family.add(with(labels, "rootSequence"), cost.perRootSequence());
    family.add(with(labels, "token"), cost.perToken());
    family.add(with(labels, "kvToken"), cost.perKvToken());
  }

  private static List<String> with(List<String> labels, String last) {
    List<String> all = new ArrayList<>(labels);
    all.add(last);
    return List.copyOf(all);
  }

  private record Family(
      String name, List<String> labels, List<MetricFamilySamples.Sample> samples) {
    Family(String name, List<String> labels) {
      this(name, labels, new ArrayList<>());
    }

    void add(List<String> values, double value) {
      samples.add(new MetricFamilySamples.Sample(name, labels, values, value));
    }

    MetricFamilySamples of(String help) {
      return new MetricFamilySamples(name, Type.GAUGE, help, samples);
    }
  }
}
