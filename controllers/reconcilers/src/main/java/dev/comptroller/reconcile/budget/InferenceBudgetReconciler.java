package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.units.Money;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Pokes;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Publication;
import dev.comptroller.reconcile.status.Transitions;
import dev.comptroller.reconcile.work.Events;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Keeps the status of every InferenceBudget true: spent, burn rate, forecast, heat.
///
/// Looks again when its spec, a replica of its namespace, the namespace's spend record, a pool or
/// another budget of the namespace changes; while money flows, when the next quantum is due and
/// after 60 s at the latest; and at the end of the period.
@ControllerConfiguration(
    name = "inferencebudget",
    fieldManager = Names.MANAGER,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 1000, intervalMultiplier = 2, maxInterval = 60000)
public class InferenceBudgetReconciler implements Reconciler<InferenceBudget> {
  private static final Duration SHORTEST = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final FleetView view;
  private final Treasury treasury;
  private final Meter meter;
  private final OperatorMetrics metrics;
  private final Events events;
  private final Clock clock;
  private final Publication publication = new Publication();

  /// A reconciler over these parts.
  public InferenceBudgetReconciler(
      FleetView view,
      Treasury treasury,
      Meter meter,
      OperatorMetrics metrics,
      Events events,
      Clock clock) {
    this.view = view;
    this.treasury = treasury;
    this.meter = meter;
    this.metrics = metrics;
    this.events = events;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, InferenceBudget>> prepareEventSources(
      EventSourceContext<InferenceBudget> context) {
    Pokes<InferenceBudget> pokes = new Pokes<>("fleet");
    view.onPod(pod -> pokeAll(pokes, pod.getMetadata().getNamespace()));
    view.onBudget(
        budget -> {
          String namespace = budget.getMetadata().getNamespace();
          if (view.budgets(namespace).isEmpty()) {
            metrics.budgetGone(namespace);
          }
          pokeAll(pokes, namespace);
        });
    view.onPool(_ -> view.budgets().forEach(budget -> poke(pokes, budget)));
    meter.onChange(namespace -> pokeAll(pokes, namespace));
    return List.of(pokes);
  }

  @Override
  public UpdateControl<InferenceBudget> reconcile(
      InferenceBudget budget, Context<InferenceBudget> context) {
    Instant now = clock.instant();
    return switch (BudgetParser.parse(budget)) {
      case Parsed.Invalid<Declared> invalid ->
          publish(budget, BudgetReport.invalid(budget, invalid.finding(), now), Money.ZERO, now);
      case Parsed.Valid<Declared>(Declared declared) -> {
        String namespace = budget.getMetadata().getNamespace();
        BudgetState state = treasury.state(namespace, declared, now);
        InferenceBudgetStatus status =
            BudgetReport.of(
                budget,
                declared.calendar().period(),
                state,
                treasury.claimants(namespace),
                meter.read(namespace).problem(),
                now);
        metrics.budget(
            namespace,
            state.spent().micros(),
            state.amount().micros(),
            state.burnRate().microsPerHour(),
            state.forecast().atEnd().micros());
        yield publish(budget, status, state.amount(), now).rescheduleAfter(next(state, now));
      }
    };
  }

  private UpdateControl<InferenceBudget> publish(
      InferenceBudget budget, InferenceBudgetStatus next, Money limit, Instant now) {
    InferenceBudgetStatus previous = BudgetReport.previous(budget);
    Publication.Plan plan =
        publication.plan(
            budget,
            BudgetReport.figures(previous),
            BudgetReport.figures(next),
            limit.micros(),
            now);
    if (!plan.write()) {
      return UpdateControl.noUpdate();
    }
    InferenceBudget patch = new InferenceBudget();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(budget.getMetadata().getName())
            .withNamespace(budget.getMetadata().getNamespace())
            .build());
    patch.setStatus(next);
    Transitions.record(events, budget, previous.conditions(), next.conditions());
    metrics.statusWritten("InferenceBudget");
    return UpdateControl.patchStatus(patch);
  }

  /// When to look again: at the end of the period, and while money flows as soon as 1 % of the
  /// amount has flowed or 60 s have passed.
  static Duration next(BudgetState state, Instant now) {
    Duration rest = Duration.between(now, state.window().end()).plusSeconds(1);
    long rate = state.burnRate().microsPerHour();
    if (rate == 0) {
      return rest;
    }
    BigInteger seconds =
        BigInteger.valueOf(state.amount().micros())
            .multiply(BigInteger.valueOf(36))
            .divide(BigInteger.valueOf(rate));
    Duration quantum =
        Duration.ofSeconds(seconds.min(BigInteger.valueOf(LONGEST.toSeconds())).longValueExact());
    Duration due = quantum.compareTo(SHORTEST) < 0 ? SHORTEST : quantum;
    return due.compareTo(rest) < 0 ? due : rest;
  }

  private void pokeAll(Pokes<InferenceBudget> pokes, String namespace) {
    view.budgets(namespace).forEach(budget -> poke(pokes, budget));
  }

  private static void poke(Pokes<InferenceBudget> pokes, InferenceBudget budget) {
    pokes.poke(budget.getMetadata().getNamespace(), budget.getMetadata().getName());
  }
}
