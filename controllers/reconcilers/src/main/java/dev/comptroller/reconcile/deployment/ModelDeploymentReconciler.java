package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Planner;
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
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
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
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Keeps the Deployment and the Service of every ModelDeployment as its spec asks, and its status
/// true.
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
  private static final Duration WHILE_MONEY_FLOWS = Duration.ofSeconds(15);

  private final FleetView view;
  private final DeploymentObserver observer;
  private final DeploymentActuator actuator;
  private final DeploymentGauges gauges;
  private final Events events;
  private final Clock clock;
  private final Planner planner = new Planner();
  private final Publication publication = new Publication();

  /// A reconciler over these parts.
  public ModelDeploymentReconciler(
      FleetView view,
      DeploymentObserver observer,
      DeploymentActuator actuator,
      DeploymentGauges gauges,
      Events events,
      Clock clock) {
    this.view = view;
    this.observer = observer;
    this.actuator = actuator;
    this.gauges = gauges;
    this.events = events;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, ModelDeployment>> prepareEventSources(
      EventSourceContext<ModelDeployment> context) {
    Pokes<ModelDeployment> pokes = new Pokes<>("fleet");
    view.onPod(
        pod ->
            PodFacts.label(pod, Names.DEPLOYMENT_LABEL)
                .ifPresent(name -> pokes.poke(pod.getMetadata().getNamespace(), name)));
    view.onNode(_ -> pokeAll(pokes));
    view.onPool(_ -> pokeAll(pokes));
    view.onBudget(_ -> pokeAll(pokes));
    return List.of(children(Deployment.class, context), children(Service.class, context), pokes);
  }

  @Override
  public UpdateControl<ModelDeployment> reconcile(
      ModelDeployment deployment, Context<ModelDeployment> context) {
    try {
      return reconcile(deployment, context, clock.instant());
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
              deployment, DeploymentReport.invalid(deployment, invalid.finding(), now), false, now);
      case Parsed.Valid<Declared>(Declared declared) -> {
        Seen seen = observer.observe(deployment, declared, context, now);
        Decision decision = planner.decide(seen.observation(), declared.policy(), now);
        Outcome outcome = actuator.act(deployment, declared, seen, decision, context);
        for (Outcome.Action action : outcome.actions()) {
          events.record(
              deployment, Events.Type.Normal, action.reason(), action.action(), action.note());
        }
        ModelDeploymentStatus status =
            DeploymentReport.of(deployment, declared, seen, decision, outcome, now);
        gauges.show(deployment, status, seen);
        yield publish(deployment, status, !seen.burn().isEmpty() || !seen.figures().isEmpty(), now);
      }
    };
  }

  private UpdateControl<ModelDeployment> publish(
      ModelDeployment deployment, ModelDeploymentStatus next, boolean flowing, Instant now) {
    ModelDeploymentStatus previous = DeploymentReport.previous(deployment);
    Publication.Plan plan =
        publication.plan(
            deployment,
            DeploymentFigures.of(previous),
            DeploymentFigures.of(next),
            Long.MAX_VALUE,
            now);
    UpdateControl<ModelDeployment> control = UpdateControl.noUpdate();
    if (plan.write()) {
      ModelDeployment patch = new ModelDeployment();
      patch.setMetadata(
          new ObjectMetaBuilder()
              .withName(deployment.getMetadata().getName())
              .withNamespace(deployment.getMetadata().getNamespace())
              .build());
      patch.setStatus(next);
      Transitions.record(events, deployment, previous.conditions(), next.conditions());
      gauges.written();
      control = UpdateControl.patchStatus(patch);
    }
    return flowing ? control.rescheduleAfter(WHILE_MONEY_FLOWS) : control;
  }

  private void pokeAll(Pokes<ModelDeployment> pokes) {
    view.deployments()
        .forEach(d -> pokes.poke(d.getMetadata().getNamespace(), d.getMetadata().getName()));
  }

  private static <R extends HasMetadata> EventSource<?, ModelDeployment> children(
      Class<R> type, EventSourceContext<ModelDeployment> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(type, ModelDeployment.class)
            .withLabelSelector(DeploymentActuator.selector())
            .build(),
        context);
  }
}
