package dev.comptroller.e2e.simulator.input;

import dev.comptroller.api.v1alpha1.Capacity;
import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.Slo;
import dev.comptroller.decide.budget.Calendar;
import dev.comptroller.decide.budget.Period;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.heat.HeatLadder;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.FeaturePolicy;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.decide.units.Money;
import dev.comptroller.e2e.simulator.control.Controls;
import dev.comptroller.e2e.simulator.control.Setup;
import dev.comptroller.e2e.simulator.control.Setup.PoolSetup;
import dev.comptroller.e2e.simulator.scenario.Demands;
import dev.comptroller.e2e.simulator.world.Demand;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.Service;
import dev.comptroller.e2e.simulator.world.Speed;
import dev.comptroller.reconcile.budget.BudgetParser;
import dev.comptroller.reconcile.budget.LoopSettings;
import dev.comptroller.reconcile.deployment.DeploymentParser;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.desired.Rung;
import dev.comptroller.reconcile.pool.PoolParser;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The user's case: manifests and traffic as a setup.
///
/// @param setup what is run
/// @param notes what was assumed
public record Case(Setup setup, List<String> notes) {
  private static final Speed.Mix USUAL = new Speed.Mix(1_000, 250);
  private static final double SWING = 0.6;

  /// What the command line adds to the manifests.
  ///
  /// @param trace requests; absent: a synthetic day
  /// @param prices a file of later prices; absent if there is none
  /// @param namespace which namespace; absent if there is only one
  /// @param seed of chance
  /// @param start first second
  /// @param fixed whether replicas stay as declared
  public record Options(
      @Nullable Trace trace,
      @Nullable Path prices,
      @Nullable String namespace,
      long seed,
      long start,
      boolean fixed) {}

  /// The case of these manifests.
  public static Case of(Manifests manifests, Options options) {
    List<String> notes = new ArrayList<>();
    String namespace = namespace(manifests, options.namespace());
    List<Manifests.Read<ModelDeployment, Declared>> deployments =
        manifests.deployments().stream()
            .filter(each -> namespace.equals(each.object().getMetadata().getNamespace()))
            .toList();
    LoopSettings settings = LoopSettings.DEFAULT;
    BudgetParser.Declared budget = budget(manifests, namespace, notes);
    Map<String, PriceTrack> tracks = new TreeMap<>();
    List<PoolSetup> pools = new ArrayList<>();
    for (Manifests.Read<GpuNodePool, PoolParser.Declared> pool : manifests.pools()) {
      PriceTrack track = PriceTrack.of(pool.declared().prices());
      tracks.put(pool.declared().name(), track);
      pools.add(
          new PoolSetup(
              pool.declared().name(), pool.declared().product(), track, nodes(pool.object())));
    }
    if (options.prices() != null) {
      PriceFile.addTo(tracks, options.prices());
    }
    List<DeploymentPolicy> policies = new ArrayList<>();
    List<Service> services = new ArrayList<>();
    Map<String, Setup.Terms> terms = new TreeMap<>();
    for (Manifests.Read<ModelDeployment, Declared> each : deployments) {
      policies.add(policy(each, settings));
      Declared declared = each.declared();
      terms.put(
          declared.policy().name(),
          new Setup.Terms(
              declared.scalePolicy(settings.scaling()), declared.scaling().startsForBatch()));
      services.add(service(each, pools, budget.features(), options, services.isEmpty(), notes));
    }
    NamespacePolicy policy =
        new NamespacePolicy(
            namespace,
            "budget",
            budget.amount(),
            budget.calendar(),
            budget.hard(),
            budget.observe(),
            budget.heat(),
            budget.features(),
            policies,
            settings.leaving(),
            settings.stale(),
            NamespacePolicy.DEFAULT_CLIMB_MARGIN);
    Setup setup =
        new Setup(
            options.seed(),
            options.start(),
            pools,
            policy,
            services,
            RolloutPolicy.DEFAULT,
            new Faults(45, 30, 15, 20, 15, 0, 0, 0, 0, 0, 0),
            Controls.calm(60).withDemand(),
            options.fixed() ? null : new Setup.Own(settings.scaling().look().toSeconds(), terms));
    return new Case(setup, List.copyOf(notes));
  }

  private static String namespace(Manifests manifests, @Nullable String asked) {
    Set<String> found = new TreeSet<>();
    for (Manifests.Read<ModelDeployment, Declared> each : manifests.deployments()) {
      String namespace = each.object().getMetadata().getNamespace();
      if (namespace == null) {
        throw each.wrong("metadata.namespace: is missing");
      }
      found.add(namespace);
    }
    if (asked != null) {
      if (!found.contains(asked)) {
        throw new InputException(
            "--namespace %s: ModelDeployments are in %s".formatted(asked, found));
      }
      return asked;
    }
    if (found.size() > 1) {
      throw new InputException(
          "the manifests hold %d namespaces with ModelDeployments, %s: choose one with --namespace"
              .formatted(found.size(), found));
    }
    return found.iterator().next();
  }

  private static BudgetParser.Declared budget(
      Manifests manifests, String namespace, List<String> notes) {
    List<Manifests.Read<InferenceBudget, BudgetParser.Declared>> found =
        manifests.budgets().stream()
            .filter(each -> namespace.equals(each.object().getMetadata().getNamespace()))
            .toList();
    if (found.size() > 1) {
      throw found
          .get(1)
          .wrong("namespace %s has two InferenceBudgets; give one".formatted(namespace));
    }
    if (found.isEmpty()) {
      notes.add("no InferenceBudget in namespace %s: nothing is bounded".formatted(namespace));
      return new BudgetParser.Declared(
          Money.parse("1000000000"),
          Calendar.of(Period.Month, "UTC"),
          false,
          true,
          HeatLadder.EMPTY,
          List.of());
    }
    return found.getFirst().declared();
  }

  private static Map<CapacityType, Integer> nodes(GpuNodePool pool) {
    Map<CapacityType, Integer> nodes = new TreeMap<>();
    for (Capacity capacity : pool.getSpec().capacity()) {
      nodes.put(PoolParser.type(capacity.type()), capacity.maxNodes());
    }
    return nodes;
  }

  private static DeploymentPolicy policy(
      Manifests.Read<ModelDeployment, Declared> read, LoopSettings settings) {
    var spec = read.object().getSpec();
    return new DeploymentPolicy(
        read.declared().policy(),
        spec.priority(),
        spec.weight(),
        spec.downgrade().allowed(),
        spec.downgrade().breakBeforeMake(),
        spec.downgrade().suspend(),
        spec.downgrade().pricierFallback(),
        settings.transition(),
        settings.dwell());
  }

  private static Service service(
      Manifests.Read<ModelDeployment, Declared> read,
      List<PoolSetup> pools,
      List<FeaturePolicy> features,
      Options options,
      boolean first,
      List<String> notes) {
    List<Service.Rung> rungs = new ArrayList<>();
    List<Variant> ladder = read.declared().policy().ladder();
    Trace trace = options.trace();
    Speed.Mix mix = trace == null ? USUAL : mean(trace);
    double top = 0;
    for (int i = 0; i < ladder.size(); i++) {
      Variant variant = ladder.get(i);
      double speed = speed(read, variant, i, pools);
      top = i == 0 ? speed : top;
      rungs.add(
          new Service.Rung(
              variant.name(),
              variant.quality().doubleValue(),
              Speed.calibrated(speed, variant.maxSequences(), mix),
              queue(Objects.requireNonNull(read.declared().rungs().get(variant.name())))));
    }
    Demand demand;
    if (trace != null && first) {
      demand = trace.demand(options.start(), movable(features), priorities(features));
    } else if (trace != null) {
      notes.add(
          "%s gets no requests: the trace is for the first deployment"
              .formatted(read.declared().policy().name()));
      demand = Demands.of(60, Demands.flat(0), mix, 0, 0);
    } else {
      int most = read.declared().policy().scaling().maxReplicas();
      double peak = 0.9 * most * top / mix.total();
      notes.add(
          "synthetic day for %s: %.2f to %.2f requests a second, 20 %% of them movable, 10 %% batch"
              .formatted(read.declared().policy().name(), peak * (1 - SWING) / (1 + SWING), peak));
      demand = Demands.of(300, Demands.daily(peak / (1 + SWING), SWING), mix, 20, 10);
    }
    return new Service(
        read.declared().policy().namespace(),
        read.declared().policy().name(),
        rungs,
        demand,
        limits(read));
  }

  private static double speed(
      Manifests.Read<ModelDeployment, Declared> read,
      Variant variant,
      int index,
      List<PoolSetup> pools) {
    PoolSetup pool =
        pools.stream()
            .filter(each -> each.name().equals(variant.pool()))
            .findFirst()
            .orElseThrow(
                () ->
                    read.wrong(
                        "spec.variants[%d].pool: there is no GpuNodePool %s in the manifests"
                            .formatted(index, variant.pool())));
    Throughput throughput = Throughput.of(variant, pool.product());
    return throughput
        .speed()
        .map(rate -> rate.thousandths() / 1000.0)
        .orElseThrow(
            () ->
                read.wrong(
                    "spec.variants[%d].throughput: is needed to simulate it; %s"
                        .formatted(
                            index,
                            throughput instanceof Throughput.Unknown(_, String message)
                                ? message
                                : "give tokensPerSecond")));
  }

  private static Service.Limits limits(Manifests.Read<ModelDeployment, Declared> read) {
    var spec = read.object().getSpec();
    Slo slo = spec.slo();
    long window =
        spec.batch() == null
            ? 86_400
            : DeploymentParser.duration(spec.batch().completionWindow()).toSeconds();
    return new Service.Limits(
        slo == null ? Double.MAX_VALUE : seconds(slo.timeToFirstToken()),
        slo == null ? Double.MAX_VALUE : seconds(slo.timePerOutputToken()),
        window);
  }

  private static Service.Queue queue(Rung rung) {
    return new Service.Queue(rung.maxQueued(), rung.maxQueueTime());
  }

  private static double seconds(@Nullable String text) {
    return text == null
        ? Double.MAX_VALUE
        : DeploymentParser.duration(text).dividedBy(Duration.ofMillis(1)) / 1000.0;
  }

  private static Speed.Mix mean(Trace trace) {
    double input = trace.requests().stream().mapToLong(Trace.Request::input).average().orElse(1);
    double output = trace.requests().stream().mapToLong(Trace.Request::output).average().orElse(1);
    return new Speed.Mix(input, output);
  }

  private static Set<String> movable(List<FeaturePolicy> features) {
    Set<String> movable = new HashSet<>();
    features.stream().filter(FeaturePolicy::batchEligible).forEach(f -> movable.add(f.name()));
    return movable;
  }

  private static Map<String, Integer> priorities(List<FeaturePolicy> features) {
    Map<String, Integer> priorities = new HashMap<>();
    features.forEach(feature -> priorities.put(feature.name(), feature.priority()));
    return priorities;
  }

  /// The first second of a run, where nothing else is said: a Monday's midnight.
  public static final long START = Instant.parse("2026-03-02T00:00:00Z").getEpochSecond();
}
