package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.BatchWork;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.FeatureUse;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Spender;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.TopSpenders;
import dev.comptroller.decide.publish.Figures;
import dev.comptroller.reconcile.status.Conditions;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Splits the status of an InferenceBudget into what flows and what must be published at once.
/// Pure.
///
/// What others act on, and what a decision has to remember, is never late: only sentences about it
/// may be. What the money would pay for an hour can move by thousands of dollars within seconds
/// where a period that is nearly over used little: it only follows from the rest, and what is done
/// about it is told at once.
final class BudgetFigures {
  private BudgetFigures() {}

  /// The figures of `status`.
  static Figures of(InferenceBudgetStatus status) {
    Map<String, Long> flowing = new TreeMap<>();
    put(flowing, "spent", status.spent());
    put(flowing, "reserved", status.reserved());
    put(flowing, "recovered", status.recovered());
    put(flowing, "burnRate", status.burnRate());
    put(flowing, "forecast", status.forecast());
    Map<String, Long> derived = new TreeMap<>();
    put(derived, "allowedRate", status.allowedRate());
    if (status.forecastBand() != null) {
      put(derived, "forecastLow", status.forecastBand().low());
      put(derived, "forecastHigh", status.forecastBand().high());
    }
    putTime(derived, "exhaustsAt", status.exhaustsAt());
    BatchWork batch = status.batch();
    if (batch != null) {
      put(flowing, "saved", batch.saved());
      derived.put("queued", Objects.requireNonNullElse(batch.queued(), 0L));
      putTime(derived, "deadline", batch.oldestDeadline());
    }
    TopSpenders top = status.topSpenders();
    if (top != null) {
      top.features().forEach(spender -> put(flowing, "feature", spender));
      top.models().forEach(spender -> put(flowing, "model", spender));
    }
    for (FeatureUse feature : status.features()) {
      put(flowing, "featureUsed." + feature.name(), feature.spent());
      put(flowing, "featureLeft." + feature.name(), feature.left());
    }
    return Figures.of(flowing, derived, prompt(status).toString());
  }

  private static List<Object> prompt(InferenceBudgetStatus status) {
    var traffic = status.traffic();
    return List.of(
        text(status.observedGeneration()),
        text(status.period()),
        text(status.fundedUntil()),
        text(status.heat()),
        text(status.ladder()),
        text(status.lastValidSpec()),
        Conditions.fingerprint(status.conditions().stream().map(BudgetFigures::steady).toList()),
        status.activeActions().stream().map(a -> text(a.action()) + a.at() + a.until()).toList(),
        status.grants().stream()
            .map(
                g ->
                    List.of(
                        g.deployment(),
                        g.variant(),
                        g.replicas(),
                        g.surge(),
                        g.burnRate(),
                        text(g.changed()),
                        text(g.lowered()),
                        text(g.climbAfterSeconds()),
                        g.reason()))
            .toList(),
        status.commitments(),
        text(status.allotment()),
        traffic == null
            ? ""
            : text(traffic.queueBatch())
                + traffic.maxOutputTokens()
                + traffic.tokensPerMinute()
                + traffic.suspended()
                + traffic.until(),
        status.features().stream()
            .map(
                f ->
                    List.of(
                        f.name(),
                        text(f.amount()),
                        f.action(),
                        text(f.exhausted()),
                        f.reason(),
                        text(f.until())))
            .toList(),
        status.history().size(),
        status.history().isEmpty() ? "" : status.history().getFirst().toString());
  }

  /// The dollars of a forecast flow; it is told with what else is told.
  private static Condition steady(Condition c) {
    return c.type().equals("Forecasted")
        ? new Condition(
            c.type(), c.status(), c.reason(), "", c.observedGeneration(), c.lastTransitionTime())
        : c;
  }

  private static String text(@Nullable Object value) {
    return String.valueOf(value);
  }

  private static void put(Map<String, Long> flowing, String kind, Spender spender) {
    put(flowing, kind + "." + spender.name(), spender.spent());
  }

  private static void put(Map<String, Long> figures, String name, @Nullable String dollars) {
    if (dollars != null) {
      figures.put(name, new BigDecimal(dollars).movePointRight(6).longValue());
    }
  }

  private static void putTime(Map<String, Long> figures, String name, @Nullable String instant) {
    if (instant != null) {
      figures.put(name, Instant.parse(instant).getEpochSecond());
    }
  }
}
