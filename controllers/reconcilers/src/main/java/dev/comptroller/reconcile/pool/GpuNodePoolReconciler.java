package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.decide.cost.PoolCost;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.publish.Figures;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.Pokes;
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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Keeps the status of every GpuNodePool true: its nodes, its GPUs and what they cost an hour.
///
/// Looks again when its spec, one of its nodes or a pod with GPUs on them changes, and when a price
/// changes by its date.
@ControllerConfiguration(
    name = "gpunodepool",
    fieldManager = Names.MANAGER,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 1000, intervalMultiplier = 2, maxInterval = 60000)
public class GpuNodePoolReconciler implements Reconciler<GpuNodePool> {
  private static final Duration FAILSAFE = Duration.ofMinutes(5);

  private final FleetView view;
  private final Pools pools;
  private final OperatorMetrics metrics;
  private final Events events;
  private final Clock clock;
  private final Publication publication;

  /// A reconciler over these parts.
  public GpuNodePoolReconciler(
      FleetView view,
      Pools pools,
      OperatorMetrics metrics,
      Events events,
      Publication publication,
      Clock clock) {
    this.publication = publication;
    this.view = view;
    this.pools = pools;
    this.metrics = metrics;
    this.events = events;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, GpuNodePool>> prepareEventSources(
      EventSourceContext<GpuNodePool> context) {
    Pokes<GpuNodePool> pokes = new Pokes<>("fleet");
    view.onNode(node -> poke(pokes, node.pool()));
    view.onPod(
        pod ->
            PodFacts.node(pod)
                .flatMap(view::node)
                .map(NodeFacts::pool)
                .ifPresent(pool -> poke(pokes, pool)));
    return List.of(pokes);
  }

  @Override
  public UpdateControl<GpuNodePool> reconcile(GpuNodePool object, Context<GpuNodePool> context) {
    Instant now = clock.instant();
    pools.keep(object.getMetadata().getName());
    Optional<Pool> pool = Optional.ofNullable(pools.observe().get(object.getMetadata().getName()));
    return switch (PoolParser.parse(object)) {
      case Parsed.Invalid<Declared> invalid ->
          publish(object, PoolReport.invalid(object, invalid.finding(), now), context, now);
      case Parsed.Valid<Declared>(Declared declared) -> {
        Pool seen =
            pool.orElseGet(
                () ->
                    new Pool(
                        declared.name(),
                        declared.product(),
                        declared.prices(),
                        declared.maxHourlySpend(),
                        List.of()));
        PoolCost cost = PoolCost.of(seen, now);
        show(seen, cost);
        yield untilPriceChanges(
            publish(object, PoolReport.of(object, seen, cost, now), context, now), declared, now);
      }
    };
  }

  private void show(Pool pool, PoolCost cost) {
    for (CapacityType type : CapacityType.values()) {
      int nodes = pool.nodes(type);
      if (nodes > 0 || type != CapacityType.Unknown) {
        metrics.pool(
            pool.name(),
            type.label(),
            nodes,
            cost.byType().getOrDefault(type, HourlyRate.ZERO).microsPerHour());
      }
    }
    metrics.poolGpus(pool.name(), pool.totalGpus(), pool.usedGpus());
  }

  private UpdateControl<GpuNodePool> publish(
      GpuNodePool object, GpuNodePoolStatus next, Context<GpuNodePool> context, Instant now) {
    GpuNodePoolStatus previous = PoolReport.previous(object);
    Publication.Plan plan =
        publication.plan(
            object,
            Figures.of(Map.of(), previous.toString()),
            Figures.of(Map.of(), next.toString()),
            0,
            now);
    if (!plan.write()) {
      return UpdateControl.noUpdate();
    }
    GpuNodePool patch = new GpuNodePool();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(object.getMetadata().getName())
            .withResourceVersion(object.getMetadata().getResourceVersion())
            .build());
    patch.setStatus(next);
    try {
      context.resourceOperations().serverSideApplyPrimaryStatus(patch);
    } catch (RuntimeException e) {
      publication.forget(object.getMetadata().getUid());
      throw e;
    }
    metrics.statusWritten("GpuNodePool");
    Transitions.record(events, object, previous.conditions(), next.conditions());
    return UpdateControl.noUpdate();
  }

  private static UpdateControl<GpuNodePool> untilPriceChanges(
      UpdateControl<GpuNodePool> control, Declared declared, Instant now) {
    List<Instant> changes = declared.prices().changes(now, now.plus(FAILSAFE));
    return changes.isEmpty()
        ? control
        : control.rescheduleAfter(Duration.between(now, changes.getFirst()));
  }

  private static void poke(Pokes<GpuNodePool> pokes, String pool) {
    if (!Objects.requireNonNull(pool).isEmpty()) {
      pokes.poke(pool);
    }
  }
}
