package dev.comptroller.reconcile.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.client.CollectorRegistry;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GaugesTest {
  private final CollectorRegistry registry = new CollectorRegistry();

  @Test
  void shouldShowNothingOfWhatIsGone() {
    OperatorMetrics operator = new OperatorMetrics(registry);
    BudgetMetrics budgets = new BudgetMetrics(registry);
    operator.budget("team", 1, 2, 3, 4);
    operator.pool("h100", "spot", 2, 5);
    operator.poolGpus("h100", 16, 3);
    operator.variant("team", "chat", "large", 7, 8);
    operator.replicas("team", "chat", 1, 1);
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.reserved(5);
      round.granted("chat", "large", 1);
    }
    assertThat(series()).hasSizeGreaterThan(10);

    operator.budgetGone("team");
    operator.poolGone("h100");
    operator.deploymentGone("team", "chat");
    budgets.gone("team");
    assertThat(series()).isEmpty();
  }

  @Test
  void shouldDropTheVariantThatIsNoLongerGranted() {
    BudgetMetrics budgets = new BudgetMetrics(registry);
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.granted("chat", "large", 1);
    }
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.granted("chat", "small", 2);
    }
    assertThat(series()).containsExactly("[team, chat, small]");
  }

  @Test
  void shouldShowWhatAFeatureHasLeftAndOneActionOfEach() {
    BudgetMetrics budgets = new BudgetMetrics(registry);
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.feature("search", 5_000_000, 250_000);
      round.featureAction("search", "Admit");
      round.featureAction("chat", "Admit");
    }
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.feature("search", 5_000_000, -450_000);
      round.featureAction("search", "Warn");
      round.featureAction("chat", "Admit");
    }
    assertThat(left("amount")).isEqualTo(5.0);
    assertThat(Math.round(left("left") * 1e6)).isEqualTo(-450_000);
    assertThat(series())
        .containsExactlyInAnyOrder(
            "[team, search]", "[team, search]", "[team, search, Warn]", "[team, chat, Admit]");
  }

  private double left(String what) {
    return registry.getSampleValue(
        "comptroller_budget_feature_%s_dollars".formatted(what),
        new String[] {"namespace", "feature"},
        new String[] {"team", "search"});
  }

  @Test
  void shouldShowWhatWasWeighedWhatBoundItAndWhereThePeriodEnds() {
    BudgetMetrics budgets = new BudgetMetrics(registry);
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.bound("chat", "HeatLadder");
      round.without("chat", "large", 16_000_000);
      round.forecast(100_000_000, 140_000_000);
      round.candidate(
          new BudgetMetrics.Weighed("chat", "large", false, 16_000_000L, 1_250_000L, 90, "Met"));
      round.candidate(
          new BudgetMetrics.Weighed("chat", "small", true, 4_000_000L, null, 80, "Unknown"));
    }
    assertThat(values())
        .containsExactlyInAnyOrder(
            "budget_bound[team, chat, HeatLadder] 1.0",
            "budget_without_dollars_per_hour[team, chat, large] 16.0",
            "budget_forecast_band_dollars[team, low] 100.0",
            "budget_forecast_band_dollars[team, high] 140.0",
            "budget_candidate_dollars_per_hour[team, chat, large, false] 16.0",
            "budget_candidate_dollars_per_hour[team, chat, small, true] 4.0",
            "budget_candidate_cpm_dollars[team, chat, large] 1.25",
            "budget_candidate_quality[team, chat, large] 90.0",
            "budget_candidate_quality[team, chat, small] 80.0",
            "budget_candidate_slo[team, chat, large, Met] 1.0",
            "budget_candidate_slo[team, chat, small, Unknown] 1.0");
    try (BudgetMetrics.Round round = budgets.round("team")) {
      round.bound("chat", "AllowedRate");
    }
    assertThat(values()).containsExactly("budget_bound[team, chat, AllowedRate] 1.0");
  }

  private List<String> values() {
    return Collections.list(registry.metricFamilySamples()).stream()
        .flatMap(family -> family.samples.stream())
        .filter(sample -> !sample.labelValues.isEmpty())
        .map(
            sample ->
                "%s%s %s"
                    .formatted(
                        sample.name.replace("comptroller_", ""), sample.labelValues, sample.value))
        .toList();
  }

  private List<String> series() {
    return Collections.list(registry.metricFamilySamples()).stream()
        .flatMap(family -> family.samples.stream())
        .filter(sample -> !sample.labelValues.isEmpty())
        .map(sample -> sample.labelValues.toString())
        .toList();
  }
}
