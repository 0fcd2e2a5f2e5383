package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.decide.cost.PoolBill;
import dev.comptroller.decide.cost.PoolCost;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.pool.PoolDecision;
import dev.comptroller.decide.pool.PoolPlan;
import dev.comptroller.decide.pool.PoolPolicy;
import dev.comptroller.decide.publish.Figures;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.pool.PoolParser.Declared;
import dev.comptroller.reconcile.provision.Order;
import dev.comptroller.reconcile.provision.Outcome;
import dev.comptroller.reconcile.provision.Provisioners;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.Pokes;
import dev.comptroller.reconcile.status.Parsed;
import dev.comptroller.reconcile.status.Publication;
import dev.comptroller.reconcile.status.Transitions;
import dev.comptroller.reconcile.work.Events;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Keeps the status of every GpuNodePool true: its nodes, its GPUs and what they cost an hour; and
/// has the nodes made and removed that its replicas need, under its ceiling.
///
/// Looks again when its spec, one of its nodes, a pod with GPUs on them or a deployment that runs
/// in it changes, when a price changes by its date, and every 10 s while nodes come or go.
@ControllerConfiguration(
    name = "gpunodepool",
    fieldManager = Names.MANAGER,
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES))
@GradualRetry(maxAttempts = -1, initialInterval = 1000, intervalMultiplier = 2, maxInterval = 60000)
public class GpuNodePoolReconciler implements Reconciler<GpuNodePool> {
  private static final Duration FAILSAFE = Duration.ofMinutes(5);
  private static final Duration AT_ONCE = Duration.ofMillis(50);
  private static final Duration WHILE_MOVING = Duration.ofSeconds(10);
  private static final Duration AFTER_REFUSAL = Duration.ofSeconds(30);

  private final FleetView view;
  private final Pools pools;
  private final PoolAccounts accounts;
  private final PoolObserver observer;
  private final Provisioners provisioners;
  private final OperatorMetrics metrics;
  private final Events events;
  private final Clock clock;
  private final Publication publication;
  private final Map<String, String> refusals = new ConcurrentHashMap<>();

  /// A reconciler over these parts.
  public GpuNodePoolReconciler(
      FleetView view,
      Pools pools,
      PoolAccounts accounts,
      Provisioners provisioners,
      OperatorMetrics metrics,
      Events events,
      Publication publication,
      Clock clock) {
    this.publication = publication;
    this.view = view;
    this.pools = pools;
    this.accounts = accounts;
    this.observer = new PoolObserver(view, pools);
    this.provisioners = provisioners;
    this.metrics = metrics;
    this.events = events;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, GpuNodePool>> prepareEventSources(
      EventSourceContext<GpuNodePool> context) {
    Pokes<GpuNodePool> pokes = new Pokes<>("fleet");
    view.onNode(node -> poke(pokes, node.pool()));
    view.onPool(pool -> poke(pokes, pool.getMetadata().getName()));
    view.onPod(
        pod ->
            PodFacts.node(pod)
                .flatMap(view::node)
                .map(NodeFacts::pool)
                .or(() -> PodFacts.label(pod, Names.POOL_LABEL))
                .ifPresent(pool -> poke(pokes, pool)));
    view.onDeployment(
        deployment ->
            PoolObserver.poolsOf(deployment).stream()
                .filter(pool -> view.pool(pool).filter(PoolParser::isProvisioned).isPresent())
                .forEach(pool -> poke(pokes, pool)));
    return List.of(pokes);
  }

  @Override
  public UpdateControl<GpuNodePool> reconcile(GpuNodePool object, Context<GpuNodePool> context) {
    Instant now = clock.instant();
    String name = object.getMetadata().getName();
    pools.keep(name);
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    @Nullable PoolBill bill = accounts.settle(object, second).orElse(null);
    Optional<Pool> pool = Optional.ofNullable(pools.observe().get(name));
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
        Optional<PoolPolicy> policy = PoolParser.policy(object, pools.inForce(declared));
        yield policy.isPresent()
            ? provision(object, new Position(seen, cost, bill), policy.get(), context, now)
            : untilPriceChanges(
                publish(
                    object,
                    PoolReport.of(object, seen, cost, null, null, bill, second),
                    context,
                    now),
                declared,
                now);
      }
    };
  }

  /// What a pool has and what that costs.
  private record Position(Pool pool, PoolCost cost, @Nullable PoolBill bill) {}

  /// What is decided is written, then done: a restart goes on from what is written.
  private UpdateControl<GpuNodePool> provision(
      GpuNodePool object,
      Position at,
      PoolPolicy policy,
      Context<GpuNodePool> context,
      Instant now) {
    String uid = object.getMetadata().getUid();
    Pool pool = at.pool();
    PoolPlan plan =
        PoolDecision.decide(observer.observe(object), policy, now.truncatedTo(ChronoUnit.SECONDS));
    GpuNodePoolStatus previous = PoolReport.previous(object);
    GpuNodePoolStatus next =
        PoolReport.of(object, pool, at.cost(), plan, refusals.get(uid), at.bill(), now);
    if (!next.equals(previous) && !write(object, previous, next, context)) {
      return UpdateControl.<GpuNodePool>noUpdate().rescheduleAfter(AT_ONCE);
    }
    Duration again = plan.wake() == null ? FAILSAFE : Duration.between(now, plan.wake());
    switch (provisioners.apply(order(object, pool, plan))) {
      case Outcome.Done(List<String> did) -> {
        did.forEach(
            what -> events.record(object, Events.Type.Normal, "Provisioned", "Provision", what));
        again = refusals.remove(uid) == null ? again : AT_ONCE;
      }
      case Outcome.Refused(String message) -> {
        boolean news = !message.equals(refusals.put(uid, message));
        again = news ? AT_ONCE : shorter(again, AFTER_REFUSAL);
      }
    }
    boolean moves = !plan.drain().isEmpty() || plan.outcome() instanceof PoolPlan.Adding;
    again = moves ? shorter(again, WHILE_MOVING) : again;
    again = shorter(again, FAILSAFE);
    return UpdateControl.<GpuNodePool>noUpdate()
        .rescheduleAfter(again.compareTo(AT_ONCE) < 0 ? AT_ONCE : again);
  }

  private static Order order(GpuNodePool object, Pool pool, PoolPlan plan) {
    Map<CapacityType, Integer> targets = new EnumMap<>(CapacityType.class);
    plan.memory().asked().forEach((type, asked) -> targets.put(type, asked.target()));
    List<String> drained =
        pool.nodes().stream()
            .filter(node -> node.usedGpus() == 0 && plan.drain().contains(node.name()))
            .map(Pool.Node::name)
            .toList();
    return Order.of(object, targets, plan.drain(), drained);
  }

  /// Writes `next` over the status that was decided on; false if that has changed meanwhile.
  private boolean write(
      GpuNodePool object,
      GpuNodePoolStatus previous,
      GpuNodePoolStatus next,
      Context<GpuNodePool> context) {
    try {
      replace(object, next, context);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
    written(object, previous, next);
    return true;
  }

  /// Holds only for the version that was read.
  private static void replace(
      GpuNodePool object, GpuNodePoolStatus next, Context<GpuNodePool> context) {
    GpuNodePool patch = new GpuNodePool();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(object.getMetadata().getName())
            .withResourceVersion(object.getMetadata().getResourceVersion())
            .build());
    patch.setStatus(next);
    context.resourceOperations().serverSideApplyPrimaryStatus(patch);
  }

  private void written(GpuNodePool object, GpuNodePoolStatus previous, GpuNodePoolStatus next) {
    metrics.statusWritten("GpuNodePool");
    Transitions.record(events, object, previous.conditions(), next.conditions());
  }

  private static Duration shorter(Duration left, Duration right) {
    return left.compareTo(right) < 0 ? left : right;
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
    try {
      replace(object, next, context);
    } catch (RuntimeException e) {
      publication.forget(object.getMetadata().getUid());
      throw e;
    }
    written(object, previous, next);
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
