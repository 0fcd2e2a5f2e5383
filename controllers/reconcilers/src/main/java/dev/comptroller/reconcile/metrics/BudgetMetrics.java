package dev.comptroller.reconcile.metrics;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What the operator measures about decisions of budgets and about charges; exact, where statuses
/// move in quanta.
public final class BudgetMetrics {
  private static final double MICRO = 1e-6;

  private final Gauge reserved;
  private final Gauge allowed;
  private final Gauge fundedUntil;
  private final Gauge action;
  private final Gauge granted;
  private final Gauge saved;
  private final Gauge forecast;
  private final Gauge bound;
  private final Gauge without;
  private final Gauge candidate;
  private final Gauge candidateCpm;
  private final Gauge candidateQuality;
  private final Gauge candidateSlo;
  private final Gauge recovered;
  private final Gauge charges;
  private final Gauge perRequest;
  private final Gauge trueUp;
  private final Gauge featureAmount;
  private final Gauge featureLeft;
  private final Gauge featureAction;
  private final Counter decisions;
  private final Map<String, Map<Gauge, Set<List<String>>>> shown = new ConcurrentHashMap<>();

  /// Registers all collectors in `registry`.
  public BudgetMetrics(CollectorRegistry registry) {
    reserved = gauge("budget_reserved_dollars", "Set aside for holds and leaving.", "namespace");
    allowed =
        gauge(
            "budget_allowed_dollars_per_hour",
            "Most that may be spent an hour until the period ends.",
            "namespace");
    fundedUntil =
        gauge(
            "budget_funded_until_seconds",
            "Unix time at which a hard budget no longer admits.",
            "namespace");
    action =
        gauge(
            "budget_action_active",
            "Steps in force of the heat ladder by action.",
            "namespace",
            "action");
    granted =
        gauge(
            "budget_granted_replicas",
            "Replicas that are paid for.",
            "namespace",
            "deployment",
            "variant");
    saved =
        gauge(
            "budget_saved_dollars_per_hour",
            "Dollars an hour less than without the budget.",
            "namespace",
            "deployment");
    forecast =
        gauge(
            "budget_forecast_band_dollars",
            "Between what the period ends four of five times.",
            "namespace",
            "end");
    bound =
        gauge(
            "budget_bound",
            "1 for what bound the last decision about a deployment.",
            "namespace",
            "deployment",
            "by");
    without =
        gauge(
            "budget_without_dollars_per_hour",
            "Dollars an hour of what would serve without the budget.",
            "namespace",
            "deployment",
            "variant");
    candidate =
        gauge(
            "budget_candidate_dollars_per_hour",
            "Dollars an hour of each variant that was weighed.",
            "namespace",
            "deployment",
            "variant",
            "chosen");
    candidateCpm =
        gauge(
            "budget_candidate_cpm_dollars",
            "Dollars per million tokens of each variant that was weighed.",
            "namespace",
            "deployment",
            "variant");
    candidateQuality =
        gauge(
            "budget_candidate_quality",
            "Quality of each variant that was weighed.",
            "namespace",
            "deployment",
            "variant");
    candidateSlo =
        gauge(
            "budget_candidate_slo",
            "1 for whether a variant that was weighed keeps the promised latency.",
            "namespace",
            "deployment",
            "variant",
            "slo");
    recovered =
        gauge("budget_recovered_dollars", "Charges received from other namespaces.", "namespace");
    charges =
        gauge(
            "charges_dollars",
            "Charges of the period by feature or model.",
            "namespace",
            "kind",
            "name");
    perRequest =
        gauge(
            "charges_dollars_per_request",
            "Mean charge of a request in the period by feature or model.",
            "namespace",
            "kind",
            "name");
    trueUp =
        gauge(
            "true_up_dollars",
            "Measured cost less charges of the period.",
            "namespace",
            "deployment",
            "variant");
    featureAmount =
        gauge(
            "budget_feature_amount_dollars",
            "Amount of a feature for the period.",
            "namespace",
            "feature");
    featureLeft =
        gauge(
            "budget_feature_left_dollars",
            "Amount of a feature less its charges and holds of the period; negative when exceeded.",
            "namespace",
            "feature");
    featureAction =
        gauge(
            "budget_feature_action_active",
            "1 for what happens to the requests of a feature.",
            "namespace",
            "feature",
            "action");
    decisions =
        Counter.build("comptroller_budget_decisions", "Decisions that changed something.")
            .labelNames("namespace", "action")
            .create();
    for (Gauge gauge :
        List.of(
            reserved,
            allowed,
            fundedUntil,
            action,
            granted,
            saved,
            forecast,
            bound,
            without,
            candidate,
            candidateCpm,
            candidateQuality,
            candidateSlo,
            recovered,
            charges,
            perRequest,
            trueUp,
            featureAmount,
            featureLeft,
            featureAction)) {
      registry.register(gauge);
    }
    registry.register(decisions);
  }

  /// A variant that was weighed.
  ///
  /// @param hourly micro-dollars an hour; absent while its price is not known
  /// @param cpm micro-dollars per million tokens; absent while its speed is not known
  /// @param slo whether it keeps the promised latency, as one word
  public record Weighed(
      String deployment,
      String variant,
      boolean chosen,
      @Nullable Long hourly,
      @Nullable Long cpm,
      double quality,
      String slo) {}

  /// A round of figures about one namespace; what the round before had and this one has not is
  /// removed when it closes.
  public final class Round implements AutoCloseable {
    private final String namespace;
    private final Map<Gauge, Set<List<String>>> now = new ConcurrentHashMap<>();

    private Round(String namespace) {
      this.namespace = namespace;
    }

    /// Dollars set aside.
    public void reserved(long micros) {
      set(reserved, micros * MICRO);
    }

    /// Dollars an hour that are allowed.
    public void allowed(long micros) {
      set(allowed, micros * MICRO);
    }

    /// When admission ends, in seconds since 1970.
    public void fundedUntil(long seconds) {
      set(fundedUntil, (double) seconds);
    }

    /// Steps in force with an action.
    public void action(String name, int steps) {
      set(action, steps, name);
    }

    /// Replicas that a deployment may run of a variant.
    public void granted(String deployment, String variant, int replicas) {
      set(granted, replicas, deployment, variant);
    }

    /// Dollars an hour that a deployment costs less than without the budget.
    public void saved(String deployment, long micros) {
      set(saved, micros * MICRO, deployment);
    }

    /// Where the period is likely to end.
    public void forecast(long low, long high) {
      set(forecast, low * MICRO, "low");
      set(forecast, high * MICRO, "high");
    }

    /// What bound the decision about a deployment, as one word.
    public void bound(String deployment, String by) {
      set(bound, 1, deployment, by);
    }

    /// What would serve without the budget.
    public void without(String deployment, String variant, long micros) {
      set(without, micros * MICRO, deployment, variant);
    }

    /// A variant that was weighed.
    public void candidate(Weighed each) {
      String deployment = each.deployment();
      String variant = each.variant();
      @Nullable Long hourly = each.hourly();
      if (hourly != null) {
        String chosen = Boolean.toString(each.chosen());
        set(candidate, hourly * MICRO, deployment, variant, chosen);
      }
      @Nullable Long cpm = each.cpm();
      if (cpm != null) {
        set(candidateCpm, cpm * MICRO, deployment, variant);
      }
      set(candidateQuality, each.quality(), deployment, variant);
      set(candidateSlo, 1, deployment, variant, each.slo());
    }

    /// Charges received.
    public void recovered(long micros) {
      set(recovered, micros * MICRO);
    }

    /// Charges of a feature (kind `feature`) or a deployment (kind `model`).
    public void charged(String kind, String name, long micros, long requests) {
      set(charges, micros * MICRO, kind, name);
      if (requests > 0) {
        set(perRequest, micros * MICRO / requests, kind, name);
      }
    }

    /// The amount of a feature, and what is left of it.
    public void feature(String name, long amount, long left) {
      set(featureAmount, amount * MICRO, name);
      set(featureLeft, left * MICRO, name);
    }

    /// What happens to the requests of a feature.
    public void featureAction(String name, String action) {
      set(featureAction, 1, name, action);
    }

    /// Measured cost less charges of a variant.
    public void trueUp(String deployment, String variant, long micros) {
      set(trueUp, micros * MICRO, deployment, variant);
    }

    @Override
    public void close() {
      show(namespace, now);
    }

    private void set(Gauge gauge, double value, String... rest) {
      String[] labels = new String[rest.length + 1];
      labels[0] = namespace;
      System.arraycopy(rest, 0, labels, 1, rest.length);
      gauge.labels(labels).set(value);
      now.computeIfAbsent(gauge, _ -> ConcurrentHashMap.newKeySet()).add(List.of(labels));
    }
  }

  /// Begins a round about `namespace`.
  public Round round(String namespace) {
    return new Round(namespace);
  }

  /// Counts a decision that changed something.
  public void decided(String namespace, String action) {
    decisions.labels(namespace, action).inc();
  }

  /// Removes the figures of a namespace without a budget.
  public void gone(String namespace) {
    show(namespace, Map.of());
  }

  private void show(String namespace, Map<Gauge, Set<List<String>>> now) {
    Map<Gauge, Set<List<String>>> before =
        now.isEmpty() ? shown.remove(namespace) : shown.put(namespace, now);
    if (before == null) {
      return;
    }
    before.forEach(
        (gauge, series) ->
            series.stream()
                .filter(labels -> !now.getOrDefault(gauge, Set.of()).contains(labels))
                .forEach(labels -> gauge.remove(labels.toArray(String[]::new))));
  }

  private static Gauge gauge(String name, String help, String... labels) {
    return Gauge.build("comptroller_" + name, help).labelNames(labels).create();
  }
}
