package dev.comptroller.reconcile.budget;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.budget.Window;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.Spend;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.forecast.HourSpend;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.DeploymentSeen;
import dev.comptroller.decide.loop.Expected;
import dev.comptroller.decide.loop.FeatureSeen;
import dev.comptroller.decide.loop.Holding;
import dev.comptroller.decide.loop.MoneySeen;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.loop.NamespaceSeen;
import dev.comptroller.decide.loop.VariantSeen;
import dev.comptroller.decide.units.Money;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.BudgetParser.Declared;
import dev.comptroller.reconcile.charges.Charges;
import dev.comptroller.reconcile.charges.Queues;
import dev.comptroller.reconcile.deployment.Autoscaled;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.deployment.RolloutCodec;
import dev.comptroller.reconcile.deployment.RungRates;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Measured;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.spend.Meter;
import dev.comptroller.reconcile.spend.ReplicaTime;
import dev.comptroller.reconcile.status.Parsed;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Gathers, once, what a decision about a namespace needs; from caches alone.
public final class NamespaceObserver {
  private final FleetView view;
  private final Meter meter;
  private final Pools pools;
  private final Charges charges;
  private final Queues queues;
  private final LoopSettings settings;
  private final Measured measured;
  private final Map<String, Closed> closed = new ConcurrentHashMap<>();
  private volatile Instant watched = Instant.EPOCH;

  /// An observer over these sources.
  public NamespaceObserver(
      FleetView view,
      Meter meter,
      Pools pools,
      Charges charges,
      Queues queues,
      LoopSettings settings,
      Measured measured) {
    this.view = view;
    this.meter = meter;
    this.pools = pools;
    this.charges = charges;
    this.queues = queues;
    this.settings = settings;
    this.measured = measured;
  }

  /// Calls `listener` with a namespace whose charges changed; it must not block.
  void onCharges(Consumer<String> listener) {
    charges.onChange(listener);
  }

  /// Everything that a decision depends on.
  ///
  /// @param seen the facts
  /// @param policy what owners asked for
  /// @param charges charges of the period
  /// @param queue work that waits; absent if none is known
  /// @param problem why the spend is not known; absent if it is
  public record Look(
      NamespaceSeen seen,
      NamespacePolicy policy,
      Charges.Figures charges,
      Queues.@Nullable Work queue,
      @Nullable String problem) {}

  /// Closed hours as they were computed, and from what.
  private record Closed(
      Meter.Reading reading, Instant hour, PriceBooks books, List<HourSpend> hours) {
    boolean isOf(Meter.Reading now, Instant present, PriceBooks prices) {
      return hour.equals(present)
          && reading.record().equals(now.record())
          && reading.live().equals(now.live())
          && books.equals(prices);
    }
  }

  /// What the cluster shows of the namespace of `budget`, which declares `declared`, at `now`.
  public Look observe(InferenceBudget budget, Declared declared, Instant now) {
    String namespace = budget.getMetadata().getNamespace();
    InferenceBudgetStatus status = BudgetReport.previous(budget);
    Window window = declared.calendar().containing(now);
    PriceBooks books = pools.books();
    Meter.Reading reading = meter.read(namespace);
    Charges.Figures charged = charges.read(namespace, window, published(status, window));
    Instant asOf = view.isWatching() ? now : watched;
    watched = asOf;
    @Nullable MoneySeen money =
        reading.problem() == null
            ? money(namespace, reading, books, window, charged, asOf, now)
            : null;
    Map<String, ModelDeployment> deployments = deployments(namespace);
    SortedMap<String, Pool> seenPools = pools.observe();
    List<DeploymentSeen> seen = new ArrayList<>();
    List<DeploymentPolicy> policies = new ArrayList<>();
    Map<String, List<Pod>> pods = pods(namespace);
    TreeSet<String> names = new TreeSet<>(deployments.keySet());
    names.addAll(pods.keySet());
    for (String name : names) {
      @Nullable ModelDeployment deployment = deployments.get(name);
      DeploymentParser.@Nullable Declared parsed = parsed(deployment);
      List<VariantSeen> variants = parsed == null ? List.of() : variants(parsed, seenPools, now);
      Optional<TokensPerSecond> demand = measured.demand(namespace, name, now);
      List<TokensPerSecond> repeats = List.of();
      if (deployment != null && parsed != null) {
        policies.add(policy(deployment, parsed));
        Optional<Expected> expected =
            Autoscaled.expected(deployment, parsed, variant -> speed(variants, variant));
        demand = demand.map(busiest -> expected.map(it -> it.over(busiest)).orElse(busiest));
        repeats = Autoscaled.repetition(deployment, () -> measured.asked(namespace, name, 0, now));
      }
      seen.add(
          new DeploymentSeen(
              name,
              active(deployment),
              holdings(pods.getOrDefault(name, List.of()), books, now),
              variants,
              demand.orElse(null),
              repeats,
              RolloutCodec.changes(deployment)));
    }
    List<FeatureSeen> features =
        charged.used().keySet().stream()
            .map(
                name ->
                    new FeatureSeen(
                        name,
                        charged.feature(name).spent(),
                        charged.held(name),
                        charged.feature(name).perRequest().orElse(null)))
            .toList();
    return new Look(
        new NamespaceSeen(asOf, money, seen, features, Memory.read(status)),
        new NamespacePolicy(
            namespace,
            budget.getMetadata().getName(),
            declared.amount(),
            declared.calendar(),
            declared.hard(),
            declared.observe(),
            declared.heat(),
            declared.features(),
            policies,
            settings.leaving(),
            settings.stale(),
            NamespacePolicy.DEFAULT_CLIMB_MARGIN),
        charged,
        queues.of(namespace).orElse(null),
        reading.problem());
  }

  private static Optional<TokensPerSecond> speed(List<VariantSeen> variants, String name) {
    return variants.stream()
        .filter(variant -> variant.name().equals(name))
        .map(VariantSeen::speed)
        .filter(Objects::nonNull)
        .findFirst();
  }

  private MoneySeen money(
      String namespace,
      Meter.Reading reading,
      PriceBooks books,
      Window window,
      Charges.Figures charged,
      Instant asOf,
      Instant now) {
    Spend spend =
        reading.record().spentBetween(window.start(), window.end(), reading.live(), books, now);
    Instant hour = now.truncatedTo(ChronoUnit.HOURS);
    Closed known = closed.get(namespace);
    if (known == null || !known.isOf(reading, hour, books)) {
      List<HourSpend> hours = Hours.of(reading.record(), reading.live(), books, now);
      known = new Closed(reading, hour, books, hours);
      closed.put(namespace, known);
    }
    return new MoneySeen(
        asOf,
        window,
        spend.money(),
        charged.abroad().plus(charged.held()),
        spend.assumed(),
        known.hours(),
        isPayable(namespace));
  }

  /// Whether others let this namespace use what they serve.
  private boolean isPayable(String namespace) {
    return view.deployments().stream()
        .filter(deployment -> !namespace.equals(deployment.getMetadata().getNamespace()))
        .flatMap(deployment -> deployment.getSpec().grants().stream())
        .anyMatch(grant -> namespace.equals(grant.namespace()));
  }

  /// What was published as spent by deployment in `window`.
  private static List<Charges.Sum> published(InferenceBudgetStatus status, Window window) {
    var period = status.period();
    var spenders = status.topSpenders();
    if (period == null || spenders == null || !period.start().equals(window.start().toString())) {
      return List.of();
    }
    return spenders.models().stream()
        .map(
            spender ->
                new Charges.Sum(
                    spender.name(),
                    Money.parse(spender.spent()),
                    Objects.requireNonNullElse(spender.requests(), 0L)))
        .toList();
  }

  private Map<String, ModelDeployment> deployments(String namespace) {
    Map<String, ModelDeployment> found = new TreeMap<>();
    for (ModelDeployment deployment : view.deployments()) {
      if (namespace.equals(deployment.getMetadata().getNamespace())) {
        found.put(deployment.getMetadata().getName(), deployment);
      }
    }
    return found;
  }

  private Map<String, List<Pod>> pods(String namespace) {
    Map<String, List<Pod>> found = new TreeMap<>();
    for (Pod pod : view.replicas(namespace)) {
      String deployment = PodFacts.label(pod, Names.DEPLOYMENT_LABEL).orElse("");
      found.computeIfAbsent(deployment, _ -> new ArrayList<>()).add(pod);
    }
    return found;
  }

  private static DeploymentParser.@Nullable Declared parsed(@Nullable ModelDeployment deployment) {
    return deployment != null
            && DeploymentParser.parse(deployment)
                instanceof Parsed.Valid<DeploymentParser.Declared>(var declared)
        ? declared
        : null;
  }

  private static @Nullable String active(@Nullable ModelDeployment deployment) {
    return deployment == null || deployment.getStatus() == null
        ? null
        : deployment.getStatus().activeVariant();
  }

  private DeploymentPolicy policy(ModelDeployment deployment, DeploymentParser.Declared parsed) {
    var spec = deployment.getSpec();
    return new DeploymentPolicy(
        Autoscaled.policy(deployment, parsed),
        spec.priority(),
        spec.weight(),
        spec.downgrade().allowed(),
        spec.downgrade().breakBeforeMake(),
        spec.downgrade().suspend(),
        spec.downgrade().pricierFallback(),
        settings.transition(),
        settings.dwell());
  }

  /// How far ahead a dearer price counts: what leaves must be gone when it enters the reserve.
  private Duration ahead() {
    return settings.leaving().total().multipliedBy(2);
  }

  private List<VariantSeen> variants(
      DeploymentParser.Declared parsed, Map<String, Pool> seenPools, Instant now) {
    Duration ahead = ahead();
    Map<String, SafeRate> rates = RungRates.measured(parsed, measured, now);
    List<VariantSeen> variants = new ArrayList<>();
    RungRates speeds = RungRates.of(parsed.policy().ladder(), seenPools, rates);
    for (Variant variant : parsed.policy().ladder()) {
      variants.add(
          VariantSeen.of(
              variant,
              seenPools.get(variant.pool()),
              speeds.of(variant.name()).orElse(null),
              RungRates.slo(parsed, rates.get(variant.name())),
              now,
              ahead));
    }
    return variants;
  }

  private List<Holding> holdings(List<Pod> pods, PriceBooks books, Instant now) {
    record Group(String variant, boolean leaving) {}

    record Sum(int replicas, int ready, Exposure cost) {}

    Map<Group, Sum> sums = new HashMap<>();
    for (Pod pod : pods) {
      if (meter.time(pod, now) instanceof ReplicaTime.Running(ReplicaInterval interval)) {
        Group group =
            new Group(
                PodFacts.label(pod, Names.VARIANT_LABEL).orElse(""), PodFacts.isTerminating(pod));
        Exposure cost = Exposure.of(List.of(interval), books, now, ahead());
        sums.merge(
            group,
            new Sum(1, PodFacts.isReady(pod) ? 1 : 0, cost),
            (a, b) ->
                new Sum(
                    a.replicas() + b.replicas(), a.ready() + b.ready(), a.cost().plus(b.cost())));
      }
    }
    return sums.entrySet().stream()
        .map(
            entry ->
                new Holding(
                    entry.getKey().variant(),
                    entry.getValue().replicas(),
                    entry.getValue().ready(),
                    entry.getKey().leaving(),
                    entry.getValue().cost()))
        .toList();
  }
}
