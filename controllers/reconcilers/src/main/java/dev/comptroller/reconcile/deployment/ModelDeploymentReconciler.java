package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.rollout.Change;
import dev.comptroller.decide.rollout.Goal;
import dev.comptroller.decide.rollout.Phase;
import dev.comptroller.decide.rollout.Rollout;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.decide.rollout.RolloutSeen;
import dev.comptroller.decide.rollout.RolloutState;
import dev.comptroller.decide.rollout.Step;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.Pokes;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Publication;
import dev.comptroller.reconcile.status.Transitions;
import dev.comptroller.reconcile.work.Events;
import dev.comptroller.reconcile.work.Refusal;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Keeps the Deployments and the Service of every ModelDeployment as its spec and its budget ask,
/// changes variants without a gap, and keeps its status true.
///
/// Looks again when its spec, an object of its own, a replica, a pool, a node or a budget changes,
/// every 15 s while replicas cost money, and every 5 minutes in any case.
@ControllerConfiguration(
    name = "modeldeployment",
    fieldManager = Names.MANAGER,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 1000, intervalMultiplier = 2, maxInterval = 60000)
public class ModelDeploymentReconciler implements Reconciler<ModelDeployment> {
  /// How many looks pass between two while nothing runs.
  private static final int LOOKS_ASLEEP = 4;

  private static final Duration WHILE_MONEY_FLOWS = Duration.ofSeconds(15);
  private static final Duration WHILE_COUNTING = Duration.ofSeconds(1);
  private static final Duration AT_ONCE = Duration.ofMillis(50);

  private final FleetView view;
  private final DeploymentObserver observer;
  private final RolloutObserver signals;
  private final DeploymentActuator actuator;
  private final Directives directives;
  private final RolloutPolicy pace;
  private final DeploymentGauges gauges;
  private final Events events;
  private final Clock clock;
  private final Scaler scaler;
  private final Publication publication;
  private final RolloutLog log = new RolloutLog();
  private final Pokes<ModelDeployment> pokes = new Pokes<>("fleet");

  /// A reconciler over these parts.
  public ModelDeploymentReconciler(
      FleetView view,
      DeploymentObserver observer,
      RolloutObserver signals,
      DeploymentActuator actuator,
      Directives directives,
      RolloutPolicy pace,
      Scaler scaler,
      DeploymentGauges gauges,
      Events events,
      Publication publication,
      Clock clock) {
    this.publication = publication;
    this.view = view;
    this.observer = observer;
    this.signals = signals;
    this.actuator = actuator;
    this.directives = directives;
    this.pace = pace;
    this.scaler = scaler;
    this.gauges = gauges;
    this.events = events;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, ModelDeployment>> prepareEventSources(
      EventSourceContext<ModelDeployment> context) {
    view.onPod(
        pod ->
            PodFacts.label(pod, Names.DEPLOYMENT_LABEL)
                .ifPresent(name -> pokes.poke(pod.getMetadata().getNamespace(), name)));
    view.onNode(_ -> pokeAll());
    view.onPool(_ -> pokeAll());
    scaler.onWaiting(pokes::poke);
    scaler.onShare(pokes::poke);
    view.onBudget(_ -> pokeAll());
    return List.of(
        children(Deployment.class, DeploymentActuator.selector(), context),
        children(Service.class, DeploymentActuator.selector(), context),
        children(Pod.class, Names.PRESTAGE_LABEL, context),
        pokes);
  }

  @Override
  public UpdateControl<ModelDeployment> reconcile(
      ModelDeployment deployment, Context<ModelDeployment> context) {
    try {
      return reconcile(
          log.latest(deployment), context, clock.instant().truncatedTo(ChronoUnit.MILLIS));
    } catch (KubernetesClientException e) {
      if (Refusal.namespaceEnds(e)) {
        return UpdateControl.noUpdate();
      }
      throw e;
    }
  }

  private UpdateControl<ModelDeployment> reconcile(
      ModelDeployment deployment, Context<ModelDeployment> context, Instant now) {
    return switch (DeploymentParser.parse(deployment)) {
      case Parsed.Invalid<Declared> invalid ->
          publish(
              deployment,
              DeploymentReport.invalid(deployment, invalid.finding(), now),
              false,
              context,
              now);
      case Parsed.Valid<Declared>(Declared declared) -> {
        Seen seen = observer.observe(deployment, declared, context, now);
        Scaler.Choice choice = scaler.choose(deployment, declared, seen, now);
        String namespace = deployment.getMetadata().getNamespace();
        Wanted wanted =
            Wanted.of(
                declared.policy(),
                choice.decision(),
                directives.of(namespace, deployment.getMetadata().getName()),
                choice.scale(),
                choice.slo());
        UpdateControl<ModelDeployment> control =
            wanted.goal() == null
                ? report(deployment, declared, seen, wanted, null, null, context, now)
                : roll(deployment, declared, seen, wanted, wanted.goal(), context, now);
        yield scaled(control, declared, choice.scale(), now);
      }
    };
  }

  /// Looks again when the autoscaler wants to; less often while nothing runs: of a request that
  /// waits it hears at once, and work that falls due or an hour that is usually busy comes slowly.
  private static UpdateControl<ModelDeployment> scaled(
      UpdateControl<ModelDeployment> control, Declared declared, ScaleDecision scale, Instant now) {
    if (declared.scaling().asked() != null) {
      return control;
    }
    boolean asleep =
        scale.replicas() == 0
            && scale.reason() != ScaleDecision.Reason.Shared
            && declared.scaling().schedules().isEmpty();
    Duration look = Duration.between(now, scale.wake());
    return sooner(control, asleep ? look.multipliedBy(LOOKS_ASLEEP) : look);
  }

  /// One step of the rollout: the state is written, then it is acted upon.
  private UpdateControl<ModelDeployment> roll(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      Wanted wanted,
      Goal goal,
      Context<ModelDeployment> context,
      Instant now) {
    ModelDeploymentStatus before = DeploymentReport.previous(deployment);
    RolloutState state =
        RolloutCodec.read(before, deployment.getMetadata().getName(), seen.deployments());
    if (wanted.awaitsGrant() && state.equals(RolloutState.NEW)) {
      return report(deployment, declared, seen, wanted, null, null, context, now);
    }
    Change under = state.change();
    RolloutSeen rollout = signals.observe(declared, seen, under == null ? null : under.to());
    RolloutPolicy policy =
        pace.withBreakBeforeMake(
            deployment.getSpec().downgrade().allowed()
                && deployment.getSpec().downgrade().breakBeforeMake());
    Step step = Rollout.next(state, rollout, goal, policy, now);
    ModelDeployment current = deployment;
    if (!step.state().equals(state)) {
      Optional<ModelDeployment> written =
          log.write(deployment, RolloutCodec.write(before, step, goal.variant()), context);
      if (written.isEmpty()) {
        return UpdateControl.<ModelDeployment>noUpdate().rescheduleAfter(AT_ONCE);
      }
      gauges.written();
      current = log.latest(deployment);
      phases(deployment, state, step);
    }
    ObjectMeta meta = deployment.getMetadata();
    Runnable poke = () -> pokes.poke(meta.getNamespace(), meta.getName());
    Outcome outcome =
        actuator.act(
            new DeploymentActuator.Scene(current, declared, seen, context, poke),
            step.state().serving(),
            step.intents());
    UpdateControl<ModelDeployment> control =
        report(current, declared, seen, wanted, step, outcome, context, now);
    return wake(control, step, seen, now);
  }

  /// Looks again when the step says so, and more often while what is in flight is waited for.
  private UpdateControl<ModelDeployment> wake(
      UpdateControl<ModelDeployment> control, Step step, Seen seen, Instant now) {
    Change change = step.state().change();
    boolean counts =
        change != null
            && switch (change.phase()) {
              case Canary, Shift, Drain, Suspend -> true;
              case Prestage, Break, Start, Warm, Release -> false;
            };
    if (counts) {
      Set<String> looked = new TreeSet<>();
      step.state().legs().forEach(leg -> looked.add(leg.variant()));
      signals.look(seen, looked);
    }
    Duration soonest = counts ? WHILE_COUNTING : null;
    if (step.wake() != null) {
      Duration until = Duration.between(now, step.wake());
      until = until.compareTo(AT_ONCE) < 0 ? AT_ONCE : until;
      soonest = soonest == null || until.compareTo(soonest) < 0 ? until : soonest;
    }
    if (soonest == null) {
      return control;
    }
    return sooner(control, soonest);
  }

  private static UpdateControl<ModelDeployment> sooner(
      UpdateControl<ModelDeployment> control, Duration until) {
    long planned = control.getScheduleDelay().orElse(Long.MAX_VALUE);
    return until.toMillis() < planned ? control.rescheduleAfter(until) : control;
  }

  private void phases(ModelDeployment deployment, RolloutState before, Step step) {
    RolloutState after = step.state();
    if (after.rollbacks() > before.rollbacks()) {
      events.record(deployment, Events.Type.Warning, "RolledBack", "Rollout", step.why());
      return;
    }
    Phase from = before.change() == null ? null : before.change().phase();
    Phase to = after.change() == null ? null : after.change().phase();
    if (from != to) {
      events.record(
          deployment, Events.Type.Normal, to == null ? "Rolled" : to.name(), "Rollout", step.why());
    }
  }

  private UpdateControl<ModelDeployment> report(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      Wanted wanted,
      @Nullable Step step,
      @Nullable Outcome acted,
      Context<ModelDeployment> context,
      Instant now) {
    Outcome outcome =
        acted == null
            ? new Outcome(DeploymentReport.previous(deployment).activeVariant(), List.of(), null)
            : acted;
    for (Outcome.Action action : outcome.actions()) {
      events.record(
          deployment, Events.Type.Normal, action.reason(), action.action(), action.note());
    }
    ModelDeploymentStatus status =
        DeploymentReport.of(deployment, declared, seen, wanted, step, outcome, now);
    gauges.show(deployment, status, seen);
    boolean flowing = !seen.burn().isEmpty() || !seen.figures().isEmpty();
    return publish(deployment, status, flowing, context, now);
  }

  /// Writes the status if it is due, and tells what changed once that is written: a crash in
  /// between
  /// loses an event, and no event is ever told without its status or twice.
  private UpdateControl<ModelDeployment> publish(
      ModelDeployment deployment,
      ModelDeploymentStatus next,
      boolean flowing,
      Context<ModelDeployment> context,
      Instant now) {
    ModelDeploymentStatus previous = DeploymentReport.previous(deployment);
    Publication.Plan plan =
        publication.plan(
            deployment,
            DeploymentFigures.of(previous),
            DeploymentFigures.of(next),
            Long.MAX_VALUE,
            now);
    if (plan.write()) {
      if (!write(deployment, next, context)) {
        return UpdateControl.<ModelDeployment>noUpdate().rescheduleAfter(AT_ONCE);
      }
      gauges.written();
      Transitions.record(events, deployment, previous.conditions(), next.conditions());
    }
    UpdateControl<ModelDeployment> control = UpdateControl.noUpdate();
    return flowing ? control.rescheduleAfter(WHILE_MONEY_FLOWS) : control;
  }

  /// Whether `next` is written over the status that it was made from.
  private boolean write(
      ModelDeployment deployment, ModelDeploymentStatus next, Context<ModelDeployment> context) {
    boolean written = false;
    try {
      written = log.write(deployment, next, context).isPresent();
      return written;
    } finally {
      if (!written) {
        publication.forget(deployment.getMetadata().getUid());
      }
    }
  }

  private void pokeAll() {
    view.deployments()
        .forEach(d -> pokes.poke(d.getMetadata().getNamespace(), d.getMetadata().getName()));
  }

  private static <R extends HasMetadata> EventSource<?, ModelDeployment> children(
      Class<R> type, String selector, EventSourceContext<ModelDeployment> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(type, ModelDeployment.class)
            .withLabelSelector(selector)
            .build(),
        context);
  }
}
