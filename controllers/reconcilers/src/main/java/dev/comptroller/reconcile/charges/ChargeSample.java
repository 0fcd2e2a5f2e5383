package dev.comptroller.reconcile.charges;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What one gateway exports of charges, read once.
///
/// Names and labels are a contract with the gateway: counters since its process began, labelled
/// `namespace` (who pays), `feature`, `provider` (namespace of the deployment; absent: who pays),
/// `deployment` and `variant`; gauges of accounts of its ledger, labelled `kind` (`feature`,
/// `abroad`), `namespace`, `name` and `period` (its first instant).
///
/// @param counters by what was charged
/// @param accounts accounts of the ledger
record ChargeSample(Map<Charged, Totals> counters, List<AccountSample> accounts) {
  static final String CHARGED = "comptroller_charged_micros_total";
  static final String REQUESTS = "comptroller_charged_requests_total";
  static final String MEASURED = "comptroller_measured_micros_total";
  static final String SPENT = "comptroller_account_spent_micros";
  static final String HELD = "comptroller_account_held_micros";
  private static final Set<String> NAMES = Set.of(CHARGED, REQUESTS, MEASURED, SPENT, HELD);

  ChargeSample {
    counters = Map.copyOf(counters);
    accounts = List.copyOf(accounts);
  }

  /// What is charged: who pays, for which feature, whose deployment, on which variant.
  record Charged(
      String namespace, String feature, String provider, String deployment, String variant) {}

  /// Sums.
  ///
  /// @param micros charges
  /// @param requests how many requests
  /// @param measured measured cost; 0 while it is not exported
  record Totals(long micros, long requests, long measured) {
    static final Totals NONE = new Totals(0, 0, 0);

    Totals plus(Totals other) {
      return new Totals(
          Math.addExact(micros, other.micros),
          Math.addExact(requests, other.requests),
          Math.addExact(measured, other.measured));
    }

    /// What was added since `before`; all of it where a counter began anew.
    Totals since(Totals before) {
      boolean anew =
          micros < before.micros || requests < before.requests || measured < before.measured;
      return anew
          ? this
          : new Totals(
              micros - before.micros, requests - before.requests, measured - before.measured);
    }
  }

  /// An account of the ledger.
  ///
  /// @param kind `feature` or `abroad`
  record AccountSample(
      String kind, String namespace, String name, Instant period, long spent, long held) {}

  /// The sample in `text`.
  static ChargeSample read(String text) {
    Map<Charged, Totals> counters = new HashMap<>();
    Map<List<String>, long[]> accounts = new HashMap<>();
    for (Series series : Series.read(text, NAMES)) {
      long value = series.value();
      switch (series.name()) {
        case CHARGED -> counters.merge(key(series), new Totals(value, 0, 0), Totals::plus);
        case REQUESTS -> counters.merge(key(series), new Totals(0, value, 0), Totals::plus);
        case MEASURED -> counters.merge(key(series), new Totals(0, 0, value), Totals::plus);
        default ->
            accounts
                    .computeIfAbsent(
                        List.of(
                            series.label("kind"),
                            series.label("namespace"),
                            series.label("name"),
                            series.label("period")),
                        _ -> new long[2])[series.name().equals(SPENT) ? 0 : 1] =
                value;
      }
    }
    List<AccountSample> found = new ArrayList<>();
    accounts.forEach(
        (labels, sums) ->
            found.add(
                new AccountSample(
                    labels.get(0),
                    labels.get(1),
                    labels.get(2),
                    Instant.parse(labels.get(3)),
                    sums[0],
                    sums[1])));
    return new ChargeSample(counters, found);
  }

  private static Charged key(Series series) {
    String namespace = series.label("namespace");
    String provider = series.label("provider");
    return new Charged(
        namespace,
        series.label("feature").isEmpty() ? "default" : series.label("feature"),
        provider.isEmpty() ? namespace : provider,
        series.label("deployment"),
        series.label("variant"));
  }
}
