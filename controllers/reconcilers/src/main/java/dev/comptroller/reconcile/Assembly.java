package dev.comptroller.reconcile;

import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Slo;
import dev.comptroller.decide.capacity.TokenWeights;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cpm.TokenSample;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.BudgetDirectives;
import dev.comptroller.reconcile.budget.BudgetNews;
import dev.comptroller.reconcile.budget.InferenceBudgetReconciler;
import dev.comptroller.reconcile.budget.LoopSettings;
import dev.comptroller.reconcile.budget.NamespaceObserver;
import dev.comptroller.reconcile.budget.TraceStore;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.charges.ChargeScrape;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Demands;
import dev.comptroller.reconcile.charges.Queues;
import dev.comptroller.reconcile.deployment.DeploymentActuator;
import dev.comptroller.reconcile.deployment.DeploymentGauges;
import dev.comptroller.reconcile.deployment.DeploymentObserver;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.deployment.Directives;
import dev.comptroller.reconcile.deployment.FleetShares;
import dev.comptroller.reconcile.deployment.ModelDeploymentReconciler;
import dev.comptroller.reconcile.deployment.RolloutObserver;
import dev.comptroller.reconcile.deployment.RungRates;
import dev.comptroller.reconcile.deployment.Scaler;
import dev.comptroller.reconcile.desired.Images;
import dev.comptroller.reconcile.metrics.BudgetMetrics;
import dev.comptroller.reconcile.metrics.CapacityMetrics;
import dev.comptroller.reconcile.metrics.OperatorMetrics;
import dev.comptroller.reconcile.metrics.PoolMetrics;
import dev.comptroller.reconcile.pool.GpuNodePoolReconciler;
import dev.comptroller.reconcile.pool.NodeStore;
import dev.comptroller.reconcile.pool.PoolAccounts;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.pool.PriceStore;
import dev.comptroller.reconcile.posting.PostedPrices;
import dev.comptroller.reconcile.provision.Draining;
import dev.comptroller.reconcile.provision.Provisioners;
import dev.comptroller.reconcile.routing.RoutingBoard;
import dev.comptroller.reconcile.signals.EngineSample;
import dev.comptroller.reconcile.signals.EngineScrape;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Latencies;
import dev.comptroller.reconcile.signals.Measured;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.SpeedStore;
import dev.comptroller.reconcile.signals.Speeds;
import dev.comptroller.reconcile.signals.TokenCounters;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.signals.Warmer;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.spend.ReplicaTime;
import dev.comptroller.reconcile.spend.SpendStore;
import dev.comptroller.reconcile.status.Publication;
import dev.comptroller.reconcile.trace.Trace;
import dev.comptroller.reconcile.trace.TraceCodec;
import dev.comptroller.reconcile.work.Events;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.prometheus.client.CollectorRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// All parts of the operator, put together: what an application has to start, and the reconcilers
/// that it has to register.
///
/// [#watch] fills the caches and must come before the reconcilers start; [#lead] begins everything
/// that writes on its own account and is for the leader alone.
public final class Assembly implements AutoCloseable {
  private final Clock clock;
  private final FleetView view;
  private final TokenLedger tokens = new TokenLedger();
  private final DeclaredVariants variants;
  private final Speeds speeds;
  private final SpeedStore remembered;
  private final Latencies latencies = new Latencies();
  private final Demands demands = new Demands();
  private final Meter meter;
  private final PostedPrices prices = new PostedPrices(this::measure);
  private final RoutingBoard routing;
  private final EngineScrape scrape;
  private final Warmer warmer;
  private final RolloutObserver signals;
  private final OperatorMetrics metrics;
  private final Events events;
  private final Pools pools;
  private final PoolAccounts accounts;
  private final Provisioners provisioners;
  private final Treasury treasury;
  private final Charges charges = new Charges();
  private final Queues queues = new Queues();
  private final ChargeScrape chargeScrape;
  private final NamespaceObserver namespaces;
  private final Scaler scaler;
  private final BudgetNews news;
  private final Images images;
  private final Publication publication;

  /// Where and as what the operator runs.
  ///
  /// @param namespace namespace of the installation: spend records, routing table, lease
  /// @param images images of serving pods
  /// @param instance name of this process, in events
  /// @param scrapeInterval time between two scrapes of a replica or a gateway
  /// @param loop how fast the fleet follows decisions
  /// @param gatewayToken file with the token for admin ports of gateways; absent where they let
  ///     everybody in
  public record Settings(
      String namespace,
      Images images,
      String instance,
      Duration scrapeInterval,
      LoopSettings loop,
      @Nullable Path gatewayToken) {
    /// Settings of an operator whose gateways let everybody in.
    public Settings(
        String namespace,
        Images images,
        String instance,
        Duration scrapeInterval,
        LoopSettings loop) {
      this(namespace, images, instance, scrapeInterval, loop, null);
    }

    /// Settings of a fleet of ordinary speed.
    public Settings(String namespace, Images images, String instance, Duration scrapeInterval) {
      this(namespace, images, instance, scrapeInterval, LoopSettings.DEFAULT);
    }

    public Settings {
      if (namespace.isBlank()) {
        throw new IllegalArgumentException("namespace is empty: name the installation's namespace");
      }
    }
  }

  /// Puts the parts together; nothing runs yet.
  public Assembly(
      KubernetesClient client, Settings settings, CollectorRegistry registry, Clock clock) {
    this.clock = clock;
    images = settings.images();
    publication = new Publication(settings.loop().publish());
    metrics = new OperatorMetrics(registry);
    events = new Events(client, clock, settings.instance());
    view = new FleetView(client);
    pools = new Pools(view, new PriceStore(client, settings.namespace()), clock);
    variants = new DeclaredVariants(view, pools);
    speeds = new Speeds(variants);
    remembered =
        new SpeedStore(speeds, client, settings.namespace(), clock, settings.scrapeInterval());
    new CapacityMetrics(speeds, demands, clock).register(registry);
    provisioners = new Provisioners(client, new Draining(client, view));
    meter =
        new Meter(client, view, new SpendStore(client, settings.namespace()), clock, pools::books);
    accounts =
        new PoolAccounts(view, pools, meter, new NodeStore(client, settings.namespace()), clock);
    new PoolMetrics(accounts::bills).register(registry);
    treasury = new Treasury(view, meter, pools);
    Measured measured = new Measurements(speeds, demands, queues);
    scrape = new EngineScrape(view, clock, settings.scrapeInterval(), this::sample, this::page);
    scaler =
        new Scaler(
            measured,
            scrape,
            settings.loop().scaling(),
            new FleetShares(
                FleetShares.surroundings(view, treasury),
                settings.loop().scaling().settle(),
                metrics::fleet));
    namespaces =
        new NamespaceObserver(view, meter, pools, charges, queues, settings.loop(), measured);
    news =
        new BudgetNews(
            metrics,
            new BudgetMetrics(registry),
            events,
            new TraceStore(
                client,
                settings.namespace(),
                kept -> TraceCodec.write(Trace.of(kept.seen(), kept.policy(), kept.decision()))));
    routing = new RoutingBoard(client, view, pools, treasury, prices, clock, settings.namespace());
    chargeScrape =
        new ChargeScrape(
            client,
            settings.namespace(),
            clock,
            settings.scrapeInterval(),
            charges,
            queues,
            demands,
            new ChargeScrape.Fleet(
                (namespace, name) -> view.deployment(namespace, name).isPresent(),
                routing::asleep,
                settings.loop().wake()),
            settings.gatewayToken());
    warmer = new Warmer(view);
    signals = new RolloutObserver(scrape, warmer);
  }

  /// Fills the caches; returns when they are full.
  public void watch() {
    view.onPod(this::replicaTime);
    view.onDeployment(
        _ -> {
          tokens.retain(this::exists);
          latencies.retain((namespace, name) -> view.deployment(namespace, name).isPresent());
        });
    view.onBudget(
        budget -> {
          String namespace = budget.getMetadata().getNamespace();
          if (view.budgets(namespace).isEmpty()) {
            news.gone(namespace);
          }
        });
    view.onPool(
        pool -> {
          String name = pool.getMetadata().getName();
          if (view.pool(name).isEmpty()) {
            metrics.poolGone(name);
          }
          speeds.renew(_ -> true, clock.instant());
        });
    view.onDeployment(
        deployment -> {
          String namespace = deployment.getMetadata().getNamespace();
          String name = deployment.getMetadata().getName();
          if (view.deployment(namespace, name).isEmpty()) {
            metrics.deploymentGone(namespace, name);
            scaler.gone(deployment);
          }
          speeds.renew(
              key -> key.namespace().equals(namespace) && key.deployment().equals(name),
              clock.instant());
        });
    view.start();
  }

  /// Begins to meter, to render routes and to scrape. Only the leader may call this.
  public void lead() {
    pools.load();
    meter.start();
    routing.start();
    remembered.start();
    scrape.start();
    chargeScrape.start();
  }

  /// Whether all watches run.
  public boolean isWatching() {
    return view.isWatching();
  }

  /// A reconciler of ModelDeployments that run what budgets pay for.
  public ModelDeploymentReconciler deployments() {
    return deployments(directives(), RolloutPolicy.DEFAULT);
  }

  /// A reconciler of ModelDeployments that change variants at `pace` and run what `directives` pay
  /// for.
  public ModelDeploymentReconciler deployments(Directives directives, RolloutPolicy pace) {
    return new ModelDeploymentReconciler(
        view,
        observer(),
        signals,
        actuator(),
        directives,
        pace,
        scaler,
        gauges(),
        events,
        publication,
        clock);
  }

  /// A reconciler of GpuNodePools.
  public GpuNodePoolReconciler gpuNodePools() {
    return new GpuNodePoolReconciler(
        view, pools, accounts, provisioners, metrics, events, publication, clock);
  }

  /// A reconciler of InferenceBudgets.
  public InferenceBudgetReconciler budgets() {
    return new InferenceBudgetReconciler(
        view, treasury, namespaces, meter, news, publication, clock);
  }

  /// What budgets tell deployments to run.
  public Directives directives() {
    return new BudgetDirectives(view, treasury);
  }

  /// What gathers for decisions about namespaces.
  public NamespaceObserver namespaces() {
    return namespaces;
  }

  /// What tells about budgets.
  public BudgetNews news() {
    return news;
  }

  /// The caches.
  public FleetView view() {
    return view;
  }

  /// What gathers for decisions about ModelDeployments.
  public DeploymentObserver observer() {
    return new DeploymentObserver(view, pools, meter, treasury, tokens, latencies);
  }

  /// What chooses replicas.
  public Scaler scaler() {
    return scaler;
  }

  /// What gathers for changes of variant.
  public RolloutObserver signals() {
    return signals;
  }

  /// What carries decisions about ModelDeployments out.
  public DeploymentActuator actuator() {
    return new DeploymentActuator(images, signals);
  }

  /// What shows figures of ModelDeployments as metrics.
  public DeploymentGauges gauges() {
    return new DeploymentGauges(metrics);
  }

  /// The metrics.
  public OperatorMetrics metrics() {
    return metrics;
  }

  /// The recorder of events.
  public Events events() {
    return events;
  }

  /// What makes and removes nodes.
  public Provisioners provisioners() {
    return provisioners;
  }

  /// What remembers when statuses were written.
  public Publication publication() {
    return publication;
  }

  /// The pools.
  public Pools pools() {
    return pools;
  }

  /// The money of pools.
  public PoolAccounts accounts() {
    return accounts;
  }

  /// The money of namespaces.
  public Treasury treasury() {
    return treasury;
  }

  /// The meter of replica time.
  public Meter meter() {
    return meter;
  }

  /// The clock of all parts.
  public Clock clock() {
    return clock;
  }

  @Override
  public void close() {
    scrape.close();
    remembered.close();
    chargeScrape.close();
    warmer.close();
    routing.close();
    meter.close();
    view.close();
  }

  private void sample(Pod pod, EngineSample sample) {
    key(pod)
        .ifPresent(
            key ->
                tokens.add(
                    key,
                    window(key),
                    new TokenSample(
                        sample.at(),
                        sample.uid(),
                        startedAt(pod).orElse(sample.at()),
                        sample.promptTokens(),
                        sample.generationTokens())));
  }

  private void page(Pod pod, Instant at, String text) {
    String uid = pod.getMetadata().getUid();
    key(pod)
        .ifPresent(
            key -> {
              speeds.add(key, new Speeds.Replica(uid, created(pod).orElse(at)), at, text);
              TokenCounters.read(text).ifPresent(counters -> price(key, pod, at, counters));
              declared(key).ifPresent(declared -> latency(key, uid, at, text, declared));
            });
  }

  private void latency(
      TokenLedger.Key key, String uid, Instant at, String text, Declared declared) {
    Slo slo = declared.slo();
    if (slo != null) {
      latencies.add(key.namespace(), key.deployment(), uid, at, text, slo, declared.window());
    }
  }

  private void price(TokenLedger.Key key, Pod pod, Instant at, TokenCounters counters) {
    switch (meter.time(pod, at)) {
      case ReplicaTime.Running(ReplicaInterval interval) ->
          prices.add(key, interval, at, counters, pools.books());
      case ReplicaTime.Ended(ReplicaInterval interval) ->
          prices.add(key, interval, at, counters, pools.books());
      case ReplicaTime.Waiting(), ReplicaTime.NeverBound() -> {}
    }
  }

  /// What is known of the speed of a variant, and of what its tokens cost.
  private Optional<PostedPrices.Measure> measure(TokenLedger.Key key, Instant now) {
    return declared(key)
        .map(found -> RungRates.measured(found, new Measurements(speeds, demands, queues), now))
        .map(rates -> rates.get(key.variant()))
        .flatMap(
            rate ->
                RungRates.speed(rate)
                    .map(speed -> new PostedPrices.Measure(speed, weights(key, rate))));
  }

  private TokenWeights weights(TokenLedger.Key key, SafeRate rate) {
    return speeds
        .stepCost(key)
        .flatMap(
            steps ->
                speeds.mix(key).map(mix -> TokenWeights.of(steps.cost(), mix, rate.sequences())))
        .orElse(TokenWeights.USUAL);
  }

  private boolean exists(TokenLedger.Key key) {
    return view.deployment(key.namespace(), key.deployment()).isPresent();
  }

  private void replicaTime(Pod pod) {
    Optional<TokenLedger.Key> key = key(pod);
    if (key.isEmpty()) {
      return;
    }
    Instant now = clock.instant();
    String namespace = pod.getMetadata().getNamespace();
    boolean gone =
        view.replicas(namespace, key.get().deployment()).stream()
            .noneMatch(p -> p.getMetadata().getUid().equals(pod.getMetadata().getUid()));
    switch (meter.time(pod, now)) {
      case ReplicaTime.Running(ReplicaInterval interval) ->
          tokens.add(key.get(), window(key.get()), interval, now);
      case ReplicaTime.Ended(ReplicaInterval interval) ->
          tokens.add(key.get(), window(key.get()), interval, now);
      case ReplicaTime.Waiting(), ReplicaTime.NeverBound() -> {}
    }
    if (gone) {
      tokens.gone(key.get(), pod.getMetadata().getUid(), now);
      speeds.gone(key.get(), pod.getMetadata().getUid());
      prices.gone(key.get(), pod.getMetadata().getUid());
    }
  }

  private Duration window(TokenLedger.Key key) {
    return declared(key).map(Declared::window).orElse(DeploymentParser.DEFAULT_WINDOW);
  }

  private Optional<Declared> declared(TokenLedger.Key key) {
    return variants.declared(key.namespace(), key.deployment());
  }

  private static Optional<Instant> created(Pod pod) {
    return PodFacts.instant(pod.getMetadata().getCreationTimestamp());
  }

  /// When the counters of a pod's runtime began: with the pod, or with the container that replaced
  /// a first one. A vLLM behind it may start again without that: the counters are the runtime's.
  private static Optional<Instant> startedAt(Pod pod) {
    for (ContainerStatus container : PodFacts.containers(pod)) {
      boolean restarted = container.getRestartCount() != null && container.getRestartCount() > 0;
      if (Names.RUNTIME_CONTAINER.equals(container.getName())
          && restarted
          && container.getState() != null
          && container.getState().getRunning() != null) {
        return PodFacts.instant(container.getState().getRunning().getStartedAt());
      }
    }
    return PodFacts.scheduledAt(pod);
  }

  private static Optional<TokenLedger.Key> key(Pod pod) {
    if (!PodFacts.isReplica(pod)) {
      return Optional.empty();
    }
    return Optional.of(
        new TokenLedger.Key(
            pod.getMetadata().getNamespace(),
            PodFacts.label(pod, Names.DEPLOYMENT_LABEL).orElse(""),
            PodFacts.label(pod, Names.VARIANT_LABEL).orElse("")));
  }
}
