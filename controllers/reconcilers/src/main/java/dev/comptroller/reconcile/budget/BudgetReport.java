package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.ActiveAction;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.BatchWork;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.CurrentPeriod;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.ForecastBand;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Spender;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.TopSpenders;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Traffic;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.condition.BudgetConditions;
import dev.comptroller.decide.condition.BudgetView;
import dev.comptroller.decide.condition.BudgetView.Claimant;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.forecast.Outlook;
import dev.comptroller.decide.heat.HeatVerdict;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.units.Money;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Queues;
import dev.comptroller.reconcile.status.Conditions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The status of an InferenceBudget from what was decided. Pure.
final class BudgetReport {
  private BudgetReport() {}

  /// What a status is made of.
  ///
  /// @param budget the budget
  /// @param declared what it declares, or last declared while it is invalid
  /// @param decision what was decided; of a budget that is not in force, its figures
  /// @param claimants all budgets of the namespace
  /// @param charges charges of the period
  /// @param batch work that waits; absent if none is known
  /// @param problem what is wrong with the spec or the spend record; absent if nothing is
  /// @param validSpec the last valid spec
  record Facts(
      InferenceBudget budget,
      Declared declared,
      NamespaceDecision decision,
      List<Claimant> claimants,
      Charges.Figures charges,
      Queues.@Nullable Work batch,
      @Nullable Finding problem,
      @Nullable String validSpec) {
    boolean isInForce() {
      return claimants.isEmpty()
          || claimants.getFirst().name().equals(budget.getMetadata().getName());
    }

    /// What each declared feature has used, ordered by name.
    List<Features.Use> features() {
      return Features.of(declared.features(), decision.features(), charges);
    }
  }

  /// The next status.
  static InferenceBudgetStatus of(Facts facts, Instant now) {
    InferenceBudgetStatus before = previous(facts.budget());
    NamespaceDecision decision = facts.decision();
    @Nullable BudgetState state = decision.figures();
    @Nullable Outlook outlook = decision.outlook();
    if (state == null || outlook == null) {
      return unknown(facts, now);
    }
    boolean inForce = facts.isInForce();
    long generation = facts.budget().getMetadata().getGeneration();
    Money reserved = decision.reserve().inPeriod().plus(facts.charges().held());
    Money spent = state.spent().minus(facts.charges().held()).max(Money.ZERO);
    return new InferenceBudgetStatus(
        generation,
        Conditions.next(before.conditions(), findings(facts, state, outlook), generation, now),
        new CurrentPeriod(state.window().start().toString(), state.window().end().toString()),
        spent.toString(),
        reserved.toString(),
        state.amount().minus(spent).minus(reserved).toString(),
        recovered(facts, before, state),
        state.burnRate().toString(),
        allowed(decision, state),
        state.forecast().atEnd().toString(),
        state.forecast().model().name(),
        outlook
            .band()
            .map(band -> new ForecastBand(band.low().toString(), band.high().toString()))
            .orElse(null),
        Memory.sentence(outlook.basis()),
        state.forecast().exhaustsAt().map(Decisions::seconds).orElse(null),
        inForce ? fundedUntil(before, decision, now) : null,
        state.heatPercent(),
        inForce ? Memory.wire(decision.state().heat()) : null,
        inForce ? actions(decision) : List.of(),
        inForce ? Explanations.grants(before.grants(), decision) : List.of(),
        inForce ? decision.state().commitments().stream().map(Memory::wire).toList() : List.of(),
        inForce ? Memory.wire(decision.state().allotment()) : null,
        inForce ? Memory.wire(decision.state().needs(), decision.state().work()) : List.of(),
        inForce ? traffic(decision) : null,
        spenders(facts.charges()),
        inForce ? facts.features().stream().map(Features::wire).toList() : List.of(),
        batch(facts.batch()),
        inForce
            ? Decisions.history(Decisions.changed(before, decision), before.history())
            : before.history(),
        facts.validSpec());
  }

  /// The status when nothing is known of the spend: figures stay, what is granted stays.
  private static InferenceBudgetStatus unknown(Facts facts, Instant now) {
    InferenceBudgetStatus p = previous(facts.budget());
    NamespaceDecision.Held held = facts.decision().held();
    Finding finding =
        facts.problem() != null
            ? facts.problem()
            : Finding.no(
                "Ready",
                held == null ? "SpendUnknown" : held.reason(),
                held == null ? "0 figures of this period are known" : held.message());
    return with(p, facts, finding, now);
  }

  /// The status of a budget that nothing valid is known of: figures stay, `Ready` says why.
  static InferenceBudgetStatus invalid(InferenceBudget budget, Finding finding, Instant now) {
    InferenceBudgetStatus p = previous(budget);
    long generation = budget.getMetadata().getGeneration();
    return replace(
        p,
        generation,
        Conditions.with(p.conditions(), finding, generation, now),
        p.lastValidSpec());
  }

  private static InferenceBudgetStatus with(
      InferenceBudgetStatus p, Facts facts, Finding finding, Instant now) {
    long generation = facts.budget().getMetadata().getGeneration();
    return replace(
        p,
        generation,
        Conditions.with(p.conditions(), finding, generation, now),
        facts.validSpec());
  }

  /// The status that `budget` shows, or an empty one.
  static InferenceBudgetStatus previous(InferenceBudget budget) {
    InferenceBudgetStatus status = budget.getStatus();
    return status != null ? status : InferenceBudgetStatus.empty();
  }

  private static List<Finding> findings(Facts facts, BudgetState state, Outlook outlook) {
    List<Finding> findings =
        new ArrayList<>(
            BudgetConditions.judge(
                new BudgetView(
                    facts.budget().getMetadata().getNamespace(),
                    facts.budget().getMetadata().getName(),
                    facts.declared().calendar().period(),
                    state,
                    outlook,
                    facts.claimants())));
    NamespaceDecision decision = facts.decision();
    findings.replaceAll(finding -> exhausted(finding, state, decision));
    Finding problem = facts.problem();
    NamespaceDecision.Held held = decision.held();
    if (problem == null && held != null && facts.isInForce()) {
      problem = Finding.no("Ready", held.reason(), held.message());
    }
    if (problem != null) {
      Finding found = problem;
      findings.replaceAll(f -> f.type().equals(found.type()) ? found : f);
    }
    return findings;
  }

  /// Money is gone as well when all that is left is what leaving costs.
  private static Finding exhausted(Finding finding, BudgetState state, NamespaceDecision decision) {
    @Nullable Instant until = decision.fundedUntil();
    boolean gone = until != null && !until.isAfter(decision.at());
    return !finding.type().equals("Exhausted") || finding.holds() || !gone
        ? finding
        : Finding.yes(
            "Exhausted",
            "MoneyGone",
            "%d %% of $%s spent, and the rest is set aside for what still runs; next period at %s"
                .formatted(state.spentPercent(), state.amount(), state.window().end()));
  }

  /// Nothing while nothing runs: what may be spent an hour would then rise with every second.
  private static @Nullable String allowed(NamespaceDecision decision, BudgetState state) {
    return decision.allowed() == null || state.burnRate().microsPerHour() == 0
        ? null
        : decision.allowed().toString();
  }

  private static @Nullable String fundedUntil(
      InferenceBudgetStatus before, NamespaceDecision decision, Instant now) {
    return Memory.text(
        FundedUntil.next(Memory.instant(before.fundedUntil()), decision.fundedUntil(), now));
  }

  private static List<ActiveAction> actions(NamespaceDecision decision) {
    if (decision.heat() == null) {
      return List.of();
    }
    return decision.heat().steps().stream()
        .filter(HeatVerdict.Standing::inForce)
        .map(
            standing ->
                new ActiveAction(
                    BudgetParser.wire(standing.step().action()),
                    standing.step().at(),
                    Optional.ofNullable(standing.since()).orElse(decision.at()).toString(),
                    Decisions.seconds(standing.due()),
                    Memory.sentence(standing.message())))
        .toList();
  }

  private static @Nullable Traffic traffic(NamespaceDecision decision) {
    var traffic = decision.traffic();
    boolean open =
        !traffic.queueBatch()
            && traffic.maxOutputTokens() == null
            && traffic.tokensPerMinute() == null
            && !traffic.suspended();
    return open
        ? null
        : new Traffic(
            traffic.queueBatch(),
            traffic.maxOutputTokens(),
            traffic.tokensPerMinute(),
            traffic.suspended(),
            Memory.sentence(traffic.why()),
            Decisions.seconds(traffic.until()));
  }

  private static @Nullable String recovered(
      Facts facts, InferenceBudgetStatus before, BudgetState state) {
    Money recovered = facts.charges().recovered();
    boolean samePeriod =
        before.period() != null
            && before.period().start().equals(state.window().start().toString());
    if (samePeriod && before.recovered() != null) {
      recovered = recovered.max(Money.parse(before.recovered()));
    }
    return recovered.micros() == 0 ? null : recovered.toString();
  }

  private static @Nullable BatchWork batch(Queues.@Nullable Work work) {
    return work == null
        ? null
        : new BatchWork(work.items(), Decisions.seconds(work.deadline()), work.saved().toString());
  }

  private static @Nullable TopSpenders spenders(Charges.Figures charges) {
    return charges.features().isEmpty() && charges.models().isEmpty()
        ? null
        : new TopSpenders(top(charges.features()), top(charges.models()));
  }

  private static List<Spender> top(List<Charges.Sum> sums) {
    return sums.stream()
        .limit(TopSpenders.MOST)
        .map(
            sum ->
                new Spender(
                    sum.name(),
                    sum.spent().toString(),
                    sum.requests(),
                    sum.perRequest().map(Money::toString).orElse(null)))
        .toList();
  }

  private static InferenceBudgetStatus replace(
      InferenceBudgetStatus p,
      long generation,
      List<dev.comptroller.api.v1alpha1.Condition> conditions,
      @Nullable String validSpec) {
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
        p.forecastBand(),
        p.forecastBasis(),
        p.exhaustsAt(),
        p.fundedUntil(),
        p.heat(),
        p.ladder(),
        p.activeActions(),
        p.grants(),
        p.commitments(),
        p.allotment(),
        p.needs(),
        p.traffic(),
        p.topSpenders(),
        p.features(),
        p.batch(),
        p.history(),
        validSpec);
  }
}
