package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus.Decided;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.Autoscaling;
import dev.comptroller.decide.budget.BudgetState;
import dev.comptroller.decide.condition.BudgetView.Claimant;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.loop.LoopState;
import dev.comptroller.decide.loop.MoneyLoop;
import dev.comptroller.decide.loop.NamespaceDecision;
import dev.comptroller.decide.loop.NamespaceSeen;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.budget.NamespaceObserver.Look;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Pokes;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Publication;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Decides, for every InferenceBudget in force, what its namespace may run and admit.
///
/// 1. Observe: spend, replicas, prices, deployments, charges, and what the status remembers.
/// 2. Decide, by [MoneyLoop].
/// 3. Write the status, refused if it is not the one that was decided on: grants, traffic and the
///    memory of the decision are a write-ahead log. Deployments and the routing table follow what
///    is written, never what was only decided.
/// 4. Report: events, metrics, a trace.
///
/// A crash after 3 loses a report and no decision; a crash before it decides again. Looks again
/// when its spec, a replica of its namespace, the namespace's spend record or charges, a pool, a
/// deployment or another budget of the namespace changes; when the decision says so; while money
/// flows, when the next quantum is due and after 45 s at the latest; and at the end of the period.
@ControllerConfiguration(
    name = "inferencebudget",
    fieldManager = Names.MANAGER,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 1000, intervalMultiplier = 2, maxInterval = 60000)
public class InferenceBudgetReconciler implements Reconciler<InferenceBudget> {
  private static final Duration SHORTEST = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofSeconds(45);

  private static final Duration LONGEST_SLEEP = Duration.ofDays(1);

  private final FleetView view;
  private final Treasury treasury;
  private final NamespaceObserver observer;
  private final Meter meter;
  private final BudgetNews news;
  private final Clock clock;
  private final Publication publication;
  private final Map<String, String> deployments = new ConcurrentHashMap<>();

  /// A reconciler over these parts.
  public InferenceBudgetReconciler(
      FleetView view,
      Treasury treasury,
      NamespaceObserver observer,
      Meter meter,
      BudgetNews news,
      Publication publication,
      Clock clock) {
    this.publication = publication;
    this.view = view;
    this.treasury = treasury;
    this.observer = observer;
    this.meter = meter;
    this.news = news;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, InferenceBudget>> prepareEventSources(
      EventSourceContext<InferenceBudget> context) {
    Pokes<InferenceBudget> pokes = new Pokes<>("fleet");
    view.onPod(pod -> pokeAll(pokes, pod.getMetadata().getNamespace()));
    view.onBudget(budget -> pokeAll(pokes, budget.getMetadata().getNamespace()));
    view.onPool(_ -> view.budgets().forEach(budget -> poke(pokes, budget)));
    view.onDeployment(
        deployment -> {
          if (isNews(deployment)) {
            pokeAll(pokes, deployment.getMetadata().getNamespace());
            deployment.getSpec().grants().forEach(grant -> pokeAll(pokes, grant.namespace()));
          }
        });
    meter.onChange(namespace -> pokeAll(pokes, namespace));
    observer.onCharges(namespace -> pokeAll(pokes, namespace));
    return List.of(pokes);
  }

  @Override
  public UpdateControl<InferenceBudget> reconcile(
      InferenceBudget budget, Context<InferenceBudget> context) {
    Instant now = clock.instant();
    Parsed<Declared> parsed = BudgetParser.parse(budget.getSpec());
    @Nullable Finding problem =
        parsed instanceof Parsed.Invalid<Declared> invalid ? invalid.finding() : null;
    Optional<Declared> declared = treasury.declared(budget);
    if (declared.isEmpty()) {
      Finding none =
          problem != null ? problem : Finding.no("Ready", "InvalidSpec", "0 valid specs are known");
      InferenceBudgetStatus status = BudgetReport.invalid(budget, none, now);
      if (publication.plan(budget, figures(budget), BudgetFigures.of(status), 0, now).write()) {
        write(budget, status, context);
        news.told(budget, BudgetReport.previous(budget), status);
      }
      return UpdateControl.noUpdate();
    }
    return decide(budget, declared.get(), problem, context, now);
  }

  private UpdateControl<InferenceBudget> decide(
      InferenceBudget budget,
      Declared declared,
      @Nullable Finding problem,
      Context<InferenceBudget> context,
      Instant now) {
    List<Claimant> claimants = treasury.claimants(budget.getMetadata().getNamespace());
    Look look = observer.observe(budget, declared, now);
    BudgetReport.Facts facts =
        new BudgetReport.Facts(
            budget,
            declared,
            decide(look, budget, claimants, now),
            claimants,
            look.charges(),
            look.queue(),
            problem != null ? problem : unreadable(look),
            problem != null
                ? BudgetReport.previous(budget).lastValidSpec()
                : LastSpec.write(budget.getSpec()));
    InferenceBudgetStatus previous = BudgetReport.previous(budget);
    InferenceBudgetStatus next = BudgetReport.of(facts, now);
    Publication.Plan plan =
        publication.plan(
            budget, figures(budget), BudgetFigures.of(next), declared.amount().micros(), now);
    boolean write = plan.write();
    if (write) {
      write(budget, next, context);
    }
    if (facts.isInForce()) {
      news.show(facts);
      List<Decided> changed = write ? Decisions.changed(previous, facts.decision()) : List.of();
      boolean told = write && Explanations.areNew(previous.grants(), next.grants());
      news.decided(facts, look, changed, told);
    }
    if (write) {
      news.told(budget, previous, next);
    }
    return UpdateControl.<InferenceBudget>noUpdate()
        .rescheduleAfter(shorter(next(facts, now), plan.again().orElse(LONGEST_SLEEP)));
  }

  /// What is decided; of a budget that is not in force only the figures count.
  private static NamespaceDecision decide(
      Look look, InferenceBudget budget, List<Claimant> claimants, Instant now) {
    boolean inForce =
        claimants.isEmpty() || claimants.getFirst().name().equals(budget.getMetadata().getName());
    NamespaceSeen seen = look.seen();
    return MoneyLoop.decide(
        inForce
            ? seen
            : new NamespaceSeen(
                seen.asOf(), seen.money(), seen.deployments(), seen.features(), LoopState.EMPTY),
        look.policy(),
        now);
  }

  private static @Nullable Finding unreadable(Look look) {
    return look.problem() == null
        ? null
        : Finding.no("Ready", "SpendRecordUnreadable", look.problem());
  }

  private static dev.comptroller.decide.publish.Figures figures(InferenceBudget budget) {
    return BudgetFigures.of(BudgetReport.previous(budget));
  }

  /// Writes `next` over the status that was decided on.
  ///
  /// @throws io.fabric8.kubernetes.client.KubernetesClientException code 409 if `budget` has
  ///     changed meanwhile; then it is decided again
  private void write(
      InferenceBudget budget, InferenceBudgetStatus next, Context<InferenceBudget> context) {
    InferenceBudget patch = new InferenceBudget();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(budget.getMetadata().getName())
            .withNamespace(budget.getMetadata().getNamespace())
            .withResourceVersion(budget.getMetadata().getResourceVersion())
            .build());
    patch.setStatus(next);
    try {
      context.resourceOperations().serverSideApplyPrimaryStatus(patch);
    } catch (RuntimeException e) {
      publication.forget(budget.getMetadata().getUid());
      throw e;
    }
    news.written();
  }

  /// When to look again: when the decision says so, at the end of the period, and while money
  /// flows as soon as 1 % of the amount has flowed or 45 s have passed.
  private static Duration next(BudgetReport.Facts facts, Instant now) {
    Duration wake = Duration.between(now, facts.decision().wake());
    Duration due = wake.isNegative() || wake.isZero() ? Duration.ofSeconds(1) : wake;
    @Nullable BudgetState state = facts.decision().figures();
    if (state == null) {
      return shorter(due, LONGEST);
    }
    return shorter(due, next(state, now));
  }

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
    return shorter(quantum.compareTo(SHORTEST) < 0 ? SHORTEST : quantum, rest);
  }

  private static Duration shorter(Duration left, Duration right) {
    return left.compareTo(right) < 0 ? left : right;
  }

  /// Whether a deployment came, went, or changed in what decisions depend on.
  private boolean isNews(ModelDeployment deployment) {
    String uid = deployment.getMetadata().getUid();
    boolean gone =
        view.deployment(deployment.getMetadata().getNamespace(), deployment.getMetadata().getName())
            .isEmpty();
    if (gone) {
      deployments.remove(uid);
      return true;
    }
    String facts =
        "%s %s".formatted(deployment.getMetadata().getGeneration(), wants(deployment.getStatus()));
    return !facts.equals(deployments.put(uid, facts));
  }

  /// What serves, and what the autoscaler wants.
  private static String wants(@Nullable ModelDeploymentStatus status) {
    if (status == null) {
      return "";
    }
    Autoscaling scaling = status.autoscaling();
    return scaling == null
        ? String.valueOf(status.activeVariant())
        : "%s, %d x %s".formatted(status.activeVariant(), scaling.replicas(), scaling.variant());
  }

  private void pokeAll(Pokes<InferenceBudget> pokes, String namespace) {
    view.budgets(namespace).forEach(budget -> poke(pokes, budget));
  }

  private static void poke(Pokes<InferenceBudget> pokes, InferenceBudget budget) {
    pokes.poke(budget.getMetadata().getNamespace(), budget.getMetadata().getName());
  }
}
