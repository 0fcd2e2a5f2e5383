package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Decided;
import dev.comptroller.decide.Candidate;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.forecast.Outlook;
import dev.comptroller.decide.heat.HeatAction;
import dev.comptroller.decide.loop.DeploymentVerdict;
import dev.comptroller.decide.loop.Grant;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.units.Cpm;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.budget.NamespaceObserver.Look;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.metrics.BudgetMetrics;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.status.Transitions;
import dev.comptroller.reconcile.work.Events;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tells what happened to a budget: metrics, events and traces.
public final class BudgetNews {
  private final OperatorMetrics metrics;
  private final BudgetMetrics figures;
  private final Events events;
  private final Traces traces;

  /// News through these.
  public BudgetNews(OperatorMetrics metrics, BudgetMetrics figures, Events events, Traces traces) {
    this.metrics = metrics;
    this.figures = figures;
    this.events = events;
    this.traces = traces;
  }

  /// A status was written.
  void written() {
    metrics.statusWritten("InferenceBudget");
  }

  /// Conditions as they changed from `previous` to `next`.
  void told(InferenceBudget budget, InferenceBudgetStatus previous, InferenceBudgetStatus next) {
    Transitions.record(events, budget, previous.conditions(), next.conditions());
  }

  /// What a decision changed: an event each, a count each, and one trace.
  ///
  /// @param told whether the status tells figures of this decision, which a trace has to give again
  void decided(BudgetReport.Facts facts, Look look, List<Decided> changed, boolean told) {
    if (changed.isEmpty() && !told) {
      return;
    }
    boolean observe = facts.declared().observe();
    for (Decided entry : changed) {
      boolean restrains =
          "HeatReached".equals(entry.reason())
              || "Suspended".equals(entry.reason())
              || Features.USED.equals(entry.reason())
              || (entry.savedPerHour() != null && !entry.savedPerHour().equals("0.00"));
      events.record(
          facts.budget(),
          restrains ? Events.Type.Warning : Events.Type.Normal,
          entry.reason() == null ? "Decided" : entry.reason(),
          "Decide",
          "%s%s: %s -> %s. %s"
              .formatted(
                  observe ? "(only observed) " : "",
                  entry.subject(),
                  entry.from() == null ? "nothing" : entry.from(),
                  entry.to(),
                  entry.why() == null ? "" : entry.why()));
      figures.decided(facts.budget().getMetadata().getNamespace(), action(entry));
    }
    traces.keep(new Traces.Trace(look.seen(), look.policy(), facts.decision()));
  }

  /// Shows the figures of the budget in force of a namespace.
  void show(BudgetReport.Facts facts) {
    NamespaceDecision decision = facts.decision();
    @Nullable BudgetState state = decision.figures();
    if (state == null) {
      return;
    }
    String namespace = facts.budget().getMetadata().getNamespace();
    metrics.budget(
        namespace,
        state.spent().micros(),
        state.amount().micros(),
        state.burnRate().microsPerHour(),
        state.forecast().atEnd().micros());
    @Nullable Outlook outlook = decision.outlook();
    try (BudgetMetrics.Round round = figures.round(namespace)) {
      round.reserved(decision.reserve().inPeriod().plus(facts.charges().held()).micros());
      if (decision.allowed() != null) {
        round.allowed(decision.allowed().microsPerHour());
      }
      @Nullable Instant until = decision.fundedUntil();
      if (until != null) {
        round.fundedUntil(until.getEpochSecond());
      }
      if (decision.heat() != null) {
        for (HeatAction action : HeatAction.values()) {
          round.action(action.name(), decision.heat().depth(action));
        }
      }
      for (Grant grant : decision.grants()) {
        round.granted(grant.deployment(), grant.variant(), grant.replicas());
      }
      if (outlook != null) {
        outlook.band().ifPresent(band -> round.forecast(band.low().micros(), band.high().micros()));
      }
      for (DeploymentVerdict verdict : decision.deployments()) {
        round.saved(verdict.deployment(), verdict.savedHourly().microsPerHour());
        explain(verdict, round);
      }
      charges(facts.charges(), round);
      for (Features.Use use : facts.features()) {
        features(use, round);
      }
    }
  }

  /// Removes the figures of a namespace without a budget.
  public void gone(String namespace) {
    metrics.budgetGone(namespace);
    figures.gone(namespace);
  }

  private static void features(Features.Use use, BudgetMetrics.Round round) {
    @Nullable Money amount = use.policy().amount();
    @Nullable Money left = use.left();
    if (amount != null && left != null) {
      round.feature(use.policy().name(), amount.micros(), left.micros());
    }
    round.featureAction(use.policy().name(), use.verdict().action().name());
  }

  /// What was weighed, what bound it, and what would be without the budget.
  private static void explain(DeploymentVerdict verdict, BudgetMetrics.Round round) {
    String deployment = verdict.deployment();
    round.bound(deployment, verdict.boundBy());
    DeploymentVerdict.Counterfactual without = verdict.withoutBudget();
    if (without != null) {
      round.without(deployment, without.variant(), without.hourly().microsPerHour());
    }
    List<Candidate> candidates = verdict.explanation().candidates();
    for (int i = 0; i < candidates.size(); i++) {
      Candidate candidate = candidates.get(i);
      round.candidate(
          new BudgetMetrics.Weighed(
              deployment,
              candidate.variant(),
              candidate.verdict().equals(Candidate.CHOSEN),
              candidate.perHour().map(HourlyRate::microsPerHour).orElse(null),
              candidate.cpm().map(Cpm::microsPerMillion).orElse(null),
              candidate.quality().doubleValue(),
              Explanations.wire(verdict.slo().get(i))));
    }
  }

  private static void charges(Charges.Figures charges, BudgetMetrics.Round round) {
    round.recovered(charges.recovered().micros());
    for (Charges.Sum sum : charges.features()) {
      round.charged("feature", sum.name(), sum.spent().micros(), sum.requests());
    }
    for (Charges.Sum sum : charges.models()) {
      round.charged("model", sum.name(), sum.spent().micros(), sum.requests());
    }
    charges
        .trueUp()
        .forEach(
            (name, micros) -> {
              int slash = name.indexOf('/');
              round.trueUp(name.substring(0, slash), name.substring(slash + 1), micros);
            });
  }

  /// The action of the ladder, or the kind of change of a grant.
  private static String action(Decided entry) {
    boolean heat = "HeatReached".equals(entry.reason()) || "HeatReleased".equals(entry.reason());
    return heat || entry.reason() == null ? entry.subject() : entry.reason();
  }
}
