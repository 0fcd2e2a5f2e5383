package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.Decision;
import dev.comptroller.decide.Planner;
import dev.comptroller.decide.Policy;
import dev.comptroller.decide.capacity.Sizing.SafeRate;
import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.loop.VariantSeen;
import dev.comptroller.decide.scale.Autoscaler;
import dev.comptroller.decide.scale.DemandSeen;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.decide.scale.ScalePolicy.Pace;
import dev.comptroller.decide.scale.ScaleSeen;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.units.TokensPerSecond;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.signals.EngineLoad;
import dev.comptroller.reconcile.signals.EngineLoads;
import dev.comptroller.reconcile.signals.Measured;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Asks the autoscaler about deployments, and remembers between two looks what it needs for that:
/// what was needed lately. What it chose is in the status and survives a restart.
public final class Scaler {
  private final Measured measured;
  private final EngineLoads loads;
  private final Pace pace;
  private final FleetShares shares;
  private final Planner planner = new Planner();
  private final Map<String, ScaleState> states = new ConcurrentHashMap<>();

  /// A scaler by what is measured of gateways, what `loads` shows of engines and what `shares`
  /// leave of pools that cannot serve everybody.
  public Scaler(Measured measured, EngineLoads loads, Pace pace, FleetShares shares) {
    this.measured = measured;
    this.loads = loads;
    this.pace = pace;
    this.shares = shares;
  }

  /// Calls `listener` with namespace and name of a deployment whose share another one changed; it
  /// must not block.
  void onShare(BiConsumer<String, String> listener) {
    shares.onChange(listener);
  }

  /// Calls `listener` with namespace and name of a deployment that requests begin to wait for; it
  /// must not block.
  void onWaiting(BiConsumer<String, String> listener) {
    measured.onWaiting(listener);
  }

  /// What to run of `deployment`, and what a planner makes of that.
  ///
  /// @param slo whether each variant keeps the promised latency
  record Choice(ScaleDecision scale, Decision decision, Map<String, VariantSeen.Slo> slo) {}

  Choice choose(ModelDeployment deployment, Declared declared, Seen seen, Instant now) {
    String uid = deployment.getMetadata().getUid();
    ScaleState state =
        states.computeIfAbsent(uid, _ -> Autoscaled.resumed(DeploymentReport.previous(deployment)));
    Policy policy = declared.policy();
    Map<String, SafeRate> rates = RungRates.measured(declared, measured, now);
    ScaleDecision scale = scale(deployment, declared, seen, rates, state, now);
    states.put(uid, scale.state());
    Policy wanting =
        scale.variant() == null ? policy : policy.wanting(scale.variant(), scale.replicas());
    Decision planned = planner.decide(seen.observation(), wanting, now);
    // What follows a demand explains itself; all else is explained by who asked for it.
    boolean follows = scale.outlook() != null || scale.reason() == ScaleDecision.Reason.Shared;
    return new Choice(
        scale,
        follows && planned instanceof Decision.Serve serve
            ? new Decision.Serve(serve.variant(), serve.replicas(), scale.explanation())
            : planned,
        slo(declared, rates));
  }

  private static Map<String, VariantSeen.Slo> slo(Declared declared, Map<String, SafeRate> rates) {
    Map<String, VariantSeen.Slo> slo = new HashMap<>();
    for (String variant : declared.rungs().keySet()) {
      slo.put(variant, RungRates.slo(declared, rates.get(variant)));
    }
    return slo;
  }

  /// What the autoscaler makes of it: by itself where that fits beside what all others want, else
  /// within its share.
  private ScaleDecision scale(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      Map<String, SafeRate> rates,
      ScaleState state,
      Instant now) {
    Policy policy = declared.policy();
    DemandSeen demand =
        measured
            .asked(policy.namespace(), policy.name(), queued(seen), now)
            .map(asked -> isBusy(seen) ? asked.requestedAt(now) : asked)
            .map(asked -> declared.scaling().startsForBatch() ? asked : asked.withoutDue())
            .orElse(null);
    ScalePolicy terms = declared.scalePolicy(pace);
    ScaleSeen alone = new ScaleSeen(demand, rungs(declared, seen, rates, now));
    ScaleSeen whole = new ScaleSeen(demand, Wishes.whole(alone.rungs(), declared, seen));
    ScaleDecision free = Autoscaler.next(alone, terms, state, now);
    ScaleDecision wished = whole.equals(alone) ? free : Autoscaler.next(whole, terms, state, now);
    return shares
        .share(
            Wishes.of(deployment, declared, seen, wished, state, pace, now),
            seen.observation().pools(),
            now)
        .map(share -> Autoscaler.next(alone.within(share), terms, state, now))
        .orElse(free);
  }

  /// Requests that wait in engines, as they were last seen.
  private long queued(Seen seen) {
    return seen.pods().stream()
        .flatMap(pod -> loads.load(pod.getMetadata().getUid()).stream())
        .mapToLong(EngineLoad::waiting)
        .sum();
  }

  /// Whether an engine was last seen to work on a request that somebody waits for: gateways count
  /// it when it ends.
  private boolean isBusy(Seen seen) {
    return seen.pods().stream()
        .flatMap(pod -> loads.load(pod.getMetadata().getUid()).stream())
        .anyMatch(load -> load.interactive() > 0);
  }

  /// Forgets a deployment.
  public void gone(ModelDeployment deployment) {
    states.remove(deployment.getMetadata().getUid());
    shares.gone(deployment.getMetadata().getNamespace(), deployment.getMetadata().getName());
  }

  private static List<RungSeen> rungs(
      Declared declared, Seen seen, Map<String, SafeRate> rates, Instant now) {
    Map<String, Pool> pools = seen.observation().pools();
    RungRates speeds = RungRates.of(declared.policy().ladder(), pools, rates);
    List<RungSeen> rungs = new ArrayList<>();
    for (Variant variant : declared.policy().ladder()) {
      Pool pool = pools.get(variant.pool());
      if (pool == null) {
        String missing = "pool %s does not exist".formatted(variant.pool());
        rungs.add(new RungSeen(variant.name(), null, null, null, false, 0, 0, null, missing));
        continue;
      }
      int running =
          (int)
              seen.observation().replicasOf(variant.name()).stream()
                  .filter(replica -> replica.state() != Replica.State.Terminating)
                  .filter(replica -> replica.state() != Replica.State.Unscheduled)
                  .count();
      rungs.add(
          new RungSeen(
              variant.name(),
              pool.cheapest(variant.gpus(), now),
              speeds.of(variant.name()).orElseGet(() -> said(variant, pool)),
              pooled(rates.get(variant.name())),
              rates.containsKey(variant.name()),
              running,
              pool.room(variant.gpus()),
              seen.start(),
              null));
    }
    return rungs;
  }

  private static RungSeen.@Nullable Pooled pooled(@Nullable SafeRate rate) {
    return rate == null || rate.places() < 1 || !(rate.fullTokensPerSecond() > 0.001)
        ? null
        : new RungSeen.Pooled(
            rate.places(),
            new TokensPerSecond(Math.round(rate.fullTokensPerSecond() * 1000)),
            rate.growth());
  }

  /// What a rung is said to serve at its usual utilisation; absent if nobody says.
  private static @Nullable TokensPerSecond said(Variant variant, Pool pool) {
    return Throughput.of(variant, pool.product())
        .speed()
        .map(speed -> speed.percent(variant.targetUtilization()))
        .orElse(null);
  }
}
