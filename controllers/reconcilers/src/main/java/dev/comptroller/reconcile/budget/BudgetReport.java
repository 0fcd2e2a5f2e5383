package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.Condition;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.CurrentPeriod;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.condition.BudgetConditions;
import dev.comptroller.decide.condition.BudgetView;
import dev.comptroller.decide.condition.BudgetView.Claimant;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.publish.Figures;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The status of an InferenceBudget from its figures. Pure.
final class BudgetReport {
  private BudgetReport() {}

  /// The next status.
  ///
  /// @param problem why the spend record cannot be read; absent if it can
  static InferenceBudgetStatus of(
      InferenceBudget budget,
      Period period,
      BudgetState state,
      List<Claimant> claimants,
      @Nullable String problem,
      Instant now) {
    long generation = budget.getMetadata().getGeneration();
    List<Finding> findings =
        new ArrayList<>(
            BudgetConditions.judge(
                new BudgetView(
                    budget.getMetadata().getNamespace(),
                    budget.getMetadata().getName(),
                    period,
                    state,
                    claimants)));
    if (problem != null) {
      Finding unreadable = Finding.no("Ready", "SpendRecordUnreadable", problem);
      findings.replaceAll(f -> f.type().equals("Ready") ? unreadable : f);
    }
    InferenceBudgetStatus p = previous(budget);
    return new InferenceBudgetStatus(
        generation,
        Conditions.next(p.conditions(), findings, generation, now),
        new CurrentPeriod(state.window().start().toString(), state.window().end().toString()),
        state.spent().toString(),
        null,
        state.amount().minus(state.spent()).toString(),
        null,
        state.burnRate().toString(),
        null,
        state.forecast().atEnd().toString(),
        state.forecast().model().name(),
        state
            .forecast()
            .exhaustsAt()
            .map(at -> at.truncatedTo(ChronoUnit.SECONDS).toString())
            .orElse(null),
        null,
        state.heatPercent(),
        null,
        List.of(),
        List.of(),
        List.of(),
        null,
        null,
        null,
        List.of(),
        null);
  }

  /// The status when the spec cannot be carried out: figures stay, `Ready` says why.
  static InferenceBudgetStatus invalid(InferenceBudget budget, Finding finding, Instant now) {
    InferenceBudgetStatus p = previous(budget);
    long generation = budget.getMetadata().getGeneration();
    return with(p, generation, Conditions.with(p.conditions(), finding, generation, now));
  }

  /// The status that `budget` shows, or an empty one.
  static InferenceBudgetStatus previous(InferenceBudget budget) {
    InferenceBudgetStatus status = budget.getStatus();
    return status != null ? status : InferenceBudgetStatus.empty();
  }

  /// What flows in `status`, and what must be published at once.
  static Figures figures(InferenceBudgetStatus status) {
    Map<String, Long> flowing = new TreeMap<>();
    put(flowing, "spent", status.spent());
    put(flowing, "burnRate", status.burnRate());
    put(flowing, "forecast", status.forecast());
    String exhausts = status.exhaustsAt();
    if (exhausts != null) {
      flowing.put("exhaustsAt", Instant.parse(exhausts).getEpochSecond());
    }
    String prompt =
        "%s %s %s %s"
            .formatted(
                status.observedGeneration(),
                status.period(),
                status.heat(),
                Conditions.fingerprint(status.conditions()));
    return Figures.of(flowing, prompt);
  }

  private static InferenceBudgetStatus with(
      InferenceBudgetStatus p, long generation, List<Condition> conditions) {
    return new InferenceBudgetStatus(
        generation,
        conditions,
        p.period(),
        p.spent(),
        p.reserved(),
        p.remaining(),
        p.recovered(),
        p.burnRate(),
        p.allowedRate(),
        p.forecast(),
        p.forecastModel(),
        p.exhaustsAt(),
        p.fundedUntil(),
        p.heat(),
        p.ladder(),
        p.activeActions(),
        p.grants(),
        p.commitments(),
        p.traffic(),
        p.topSpenders(),
        p.batch(),
        p.history(),
        p.lastValidSpec());
  }

  private static void put(Map<String, Long> flowing, String name, @Nullable String dollars) {
    if (dollars != null) {
      flowing.put(name, Money.parse(dollars).micros());
    }
  }
}
