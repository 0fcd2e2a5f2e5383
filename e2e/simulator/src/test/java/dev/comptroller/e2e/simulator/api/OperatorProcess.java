package dev.comptroller.e2e.simulator.api;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.publish.Quanta;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.BudgetDirectives;
import dev.comptroller.reconcile.budget.BudgetNews;
import dev.comptroller.reconcile.budget.InferenceBudgetReconciler;
import dev.comptroller.reconcile.budget.LoopSettings;
import dev.comptroller.reconcile.budget.NamespaceObserver;
import dev.comptroller.reconcile.budget.TraceStore;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Queues;
import dev.comptroller.reconcile.deployment.DeploymentActuator;
import dev.comptroller.reconcile.deployment.DeploymentGauges;
import dev.comptroller.reconcile.deployment.DeploymentObserver;
import dev.comptroller.reconcile.deployment.FleetShares;
import dev.comptroller.reconcile.deployment.ModelDeploymentReconciler;
import dev.comptroller.reconcile.deployment.RolloutObserver;
import dev.comptroller.reconcile.deployment.Scaler;
import dev.comptroller.reconcile.desired.Images;
import dev.comptroller.reconcile.metrics.BudgetMetrics;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.pool.GpuNodePoolReconciler;
import dev.comptroller.reconcile.pool.NodeStore;
import dev.comptroller.reconcile.pool.PoolAccounts;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.pool.PriceStore;
import dev.comptroller.reconcile.posting.PostedPrices;
import dev.comptroller.reconcile.provision.Draining;
import dev.comptroller.reconcile.provision.Provisioners;
import dev.comptroller.reconcile.routing.RoutingBoard;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Latencies;
import dev.comptroller.reconcile.signals.Measured;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.spend.ReplicaTime;
import dev.comptroller.reconcile.spend.SpendStore;
import dev.comptroller.reconcile.status.Publication;
import dev.comptroller.reconcile.trace.Trace;
import dev.comptroller.reconcile.trace.TraceCodec;
import dev.comptroller.reconcile.work.Events;
import dev.comptroller.reconcile.work.Work;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.config.BaseConfigurationService;
import io.javaoperatorsdk.operator.api.config.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.prometheus.client.CollectorRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One run of the operator, from its start to its end: the real parts, put together as the
/// application does, on one thread and a virtual clock.
final class OperatorProcess {
  static final Logger LOG = Logger.getLogger(OperatorProcess.class.getName());

  /// Namespace of the installation.
  static final String HOME = "installation";

  static final PatchContext APPLY =
      new PatchContext.Builder()
          .withForce(true)
          .withFieldManager(Names.MANAGER)
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .build();

  private final Clock clock;
  private final Session session;
  private final long since;
  private final List<Work<?>> works = new ArrayList<>();
  private final List<Desk<?>> desks = new ArrayList<>();
  private final Temper temper;
  private final KubernetesClient client;
  private final FleetView view;
  private final Children children;
  private final Treasury treasury;
  private final PostedPrices prices = new PostedPrices(PostedPrices.Measures.NOTHING);
  private final Pools pools;
  private final Meter meter;
  private long rounds;

  /// How the process sees the world.
  ///
  /// @param pace of its reconcilers
  /// @param late deliver events only every so many rounds; 1 is at once
  /// @param times how often each event is delivered
  /// @param coalesced whether only the last state of an object is seen
  record Temper(Desk.Pace pace, int late, int times, boolean coalesced) {
    static final Temper EVEN = new Temper(new Desk.Pace(Duration.ZERO, false), 1, 1, false);
  }

  /// Starts the operator; replicas in `sick` pods answer nothing well.
  OperatorProcess(
      FakeApi api,
      Session session,
      Clock clock,
      Temper temper,
      BaseConfigurationService service,
      Predicate<Pod> sick) {
    this.clock = clock;
    this.session = session;
    this.temper = temper;
    since = api.version();
    client = MemoryHttp.client(session);
    CollectorRegistry registry = new CollectorRegistry();
    OperatorMetrics metrics = new OperatorMetrics(registry);
    Events events = new Events(client, clock, "test");
    Publication publication = new Publication(Quanta.STALENESS);
    view = new FleetView(client);
    pools = new Pools(view, new PriceStore(client, HOME), clock);
    meter = new Meter(client, view, new SpendStore(client, HOME), clock, pools::books, pace());
    treasury = new Treasury(view, meter, pools);
    NamespaceObserver namespaces =
        new NamespaceObserver(
            view,
            meter,
            pools,
            new Charges(),
            new Queues(),
            LoopSettings.DEFAULT,
            Measured.NOTHING);
    BudgetNews news =
        new BudgetNews(
            metrics,
            new BudgetMetrics(registry),
            events,
            new TraceStore(
                client,
                HOME,
                kept -> TraceCodec.write(Trace.of(kept.seen(), kept.policy(), kept.decision()))));
    RoutingBoard routing =
        new RoutingBoard(client, view, pools, treasury, prices, clock, HOME, pace());
    Engines engines = new Engines(clock, sick);
    RolloutObserver signals = new RolloutObserver(engines, engines);
    children = new Children(client, this::deployment);

    var deployments =
        new ModelDeploymentReconciler(
            view,
            new DeploymentObserver(
                view, pools, meter, treasury, new TokenLedger(), new Latencies()),
            signals,
            new DeploymentActuator(
                new Images("comptroller/runtime:test", "vllm/vllm-openai:test"), signals),
            new BudgetDirectives(view, treasury),
            RolloutPolicy.DEFAULT,
            new Scaler(
                Measured.NOTHING,
                engines,
                LoopSettings.DEFAULT.scaling(),
                new FleetShares(
                    FleetShares.surroundings(view, treasury),
                    LoopSettings.DEFAULT.scaling().settle(),
                    metrics::fleet)),
            new DeploymentGauges(metrics),
            events,
            publication,
            clock);
    Desk<GpuNodePool> poolDesk =
        desk(
            new GpuNodePoolReconciler(
                view,
                pools,
                new PoolAccounts(view, pools, meter, new NodeStore(client, HOME), clock),
                new Provisioners(client, new Draining(client, view)),
                metrics,
                events,
                publication,
                clock),
            service,
            client,
            id -> view.pool(id.getName()),
            children,
            GpuNodePool.class);
    Desk<InferenceBudget> budgetDesk =
        desk(
            new InferenceBudgetReconciler(
                view, treasury, namespaces, meter, news, publication, clock),
            service,
            client,
            this::budget,
            children,
            InferenceBudget.class);
    Desk<ModelDeployment> deploymentDesk =
        desk(
            deployments,
            service,
            client,
            id -> view.deployment(id.getNamespace().orElseThrow(), id.getName()),
            children,
            ModelDeployment.class);
    view.onPool(pool -> poolDesk.primary(pool, clock.instant()));
    view.onBudget(budget -> budgetDesk.primary(budget, clock.instant()));
    view.onDeployment(deployment -> deploymentDesk.primary(deployment, clock.instant()));
    view.start();
    children.start();
    pools.load();
    meter.start();
    routing.start();
  }

  /// The version of the world that this process started from.
  long since() {
    return since;
  }

  /// The money of namespaces.
  Treasury treasury() {
    return treasury;
  }

  /// What variants are posted at.
  PostedPrices prices() {
    return prices;
  }

  /// What pools cost.
  PriceBooks books() {
    return pools.books();
  }

  /// The time that `pod` is charged for.
  ReplicaTime time(Pod pod) {
    return meter.time(pod, clock.instant());
  }

  /// The caches.
  FleetView view() {
    return view;
  }

  /// Whether it was killed.
  boolean isDead() {
    return session.isDead();
  }

  /// Does one thing that is due now; whether there was one.
  boolean step() {
    rounds++;
    if (rounds % temper.late() == 0) {
      if (temper.coalesced()) {
        session.coalesce();
      }
      if (session.deliver(temper.times())) {
        return true;
      }
    }
    for (Work<?> work : works) {
      if (step(work)) {
        return true;
      }
    }
    for (Desk<?> desk : desks) {
      if (desk.step(clock.instant())) {
        return true;
      }
    }
    return temper.late() > 1 && session.deliver(temper.times());
  }

  /// When something will be due.
  Optional<Instant> next() {
    Stream<Instant> timers =
        works.stream()
            .map(Work::due)
            .filter(OptionalLong::isPresent)
            .map(nanos -> Instant.EPOCH.plusNanos(nanos.getAsLong()));
    return Stream.concat(timers, desks.stream().flatMap(desk -> desk.next().stream()))
        .min(Instant::compareTo);
  }

  /// Ends the process as `kill -9` does; nothing of it is left in timers of its client.
  void kill() {
    session.kill();
    view.close();
    children.close();
    client.close();
  }

  private void deployment(ResourceID id) {
    // The desk of deployments is the last one; children are filled after all desks are made.
    if (desks.size() == 3) {
      desks.getLast().poke(id, clock.instant());
    }
  }

  private Optional<InferenceBudget> budget(ResourceID id) {
    return view.budgets(id.getNamespace().orElseThrow()).stream()
        .filter(budget -> budget.getMetadata().getName().equals(id.getName()))
        .findFirst();
  }

  /// A desk whose reconciler is poked by what it asks to be poked by.
  @SuppressWarnings("NullAway") // the framework's context without the parts that nobody reads
  private <P extends HasMetadata> Desk<P> desk(
      Reconciler<P> reconciler,
      BaseConfigurationService service,
      KubernetesClient client,
      Function<ResourceID, Optional<P>> cache,
      Desk.Secondaries secondaries,
      Class<P> type) {
    ControllerConfiguration<P> configuration = service.getConfigurationFor(reconciler);
    Desk<P> desk = new Desk<>(reconciler, configuration, client, cache, secondaries, temper.pace());
    List<EventSource<?, P>> sources =
        reconciler.prepareEventSources(new EventSourceContext<>(null, configuration, client, type));
    EventSource<?, P> pokes = sources.getLast();
    pokes.setEventHandler(event -> desk.poke(event.getRelatedCustomResourceID(), clock.instant()));
    pokes.start();
    desks.add(desk);
    return desk;
  }

  private static boolean step(Work<?> work) {
    try {
      return work.step();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the only thread", e);
    }
  }

  private Work.Pace pace() {
    return new Work.Pace() {
      @Override
      public long nanoTime() {
        return Duration.between(Instant.EPOCH, clock.instant()).toNanos();
      }

      @Override
      public @Nullable Thread begin(Work<?> work) {
        works.add(work);
        return null;
      }
    };
  }
}
