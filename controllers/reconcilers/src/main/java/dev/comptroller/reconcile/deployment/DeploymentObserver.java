package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.Observation;
import dev.comptroller.decide.cost.Metering;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.pool.Pools;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.Latencies;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.TokenLedger;
import dev.comptroller.reconcile.spend.Meter;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/// Gathers, once, what a decision about a ModelDeployment needs; from caches alone.
public final class DeploymentObserver {
  private final FleetView view;
  private final Pools pools;
  private final Meter meter;
  private final Treasury treasury;
  private final TokenLedger tokens;
  private final Latencies latencies;
  private final Starts starts = new Starts();

  /// An observer over these sources.
  public DeploymentObserver(
      FleetView view,
      Pools pools,
      Meter meter,
      Treasury treasury,
      TokenLedger tokens,
      Latencies latencies) {
    this.view = view;
    this.pools = pools;
    this.meter = meter;
    this.treasury = treasury;
    this.tokens = tokens;
    this.latencies = latencies;
  }

  /// What the cluster shows of `deployment` at `now`.
  Seen observe(
      ModelDeployment deployment,
      Declared declared,
      Context<ModelDeployment> context,
      Instant now) {
    String namespace = deployment.getMetadata().getNamespace();
    String name = deployment.getMetadata().getName();
    List<Pod> pods = view.replicas(namespace, name);
    List<Replica> replicas = pods.stream().flatMap(pod -> Replicas.of(pod).stream()).toList();
    SortedMap<String, Pool> seenPools = pools.observe();
    PriceBooks books = pools.books();
    Map<String, TokenLedger.Figures> figures = new HashMap<>();
    for (String variant : declared.rungs().keySet()) {
      tokens
          .figures(new TokenLedger.Key(namespace, name, variant), books, now)
          .ifPresent(known -> figures.put(variant, known));
    }
    return new Seen(
        Observation.of(seenPools, replicas),
        treasury.account(namespace, now).orElse(null),
        books,
        owned(context.getSecondaryResources(Deployment.class), deployment),
        pods,
        context.getSecondaryResources(Pod.class).stream()
            .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
            .toList(),
        context.getSecondaryResources(Service.class).stream()
            .filter(service -> service.getMetadata().getName().equals(name))
            .findFirst()
            .orElse(null),
        figures,
        burn(namespace, pods, books, now),
        starts.of(deployment, pods),
        latencies
            .count(namespace, name, pods.stream().anyMatch(PodFacts::isReady), now)
            .orElse(null));
  }

  private Map<String, HourlyRate> burn(
      String namespace, List<Pod> pods, PriceBooks books, Instant now) {
    Map<String, String> variants = new HashMap<>();
    pods.forEach(
        pod ->
            variants.put(
                pod.getMetadata().getUid(), PodFacts.label(pod, Names.VARIANT_LABEL).orElse("")));
    Map<String, List<ReplicaInterval>> live = new HashMap<>();
    for (ReplicaInterval interval : meter.read(namespace).live()) {
      Optional.ofNullable(variants.get(interval.uid()))
          .ifPresent(
              variant -> live.computeIfAbsent(variant, _ -> new ArrayList<>()).add(interval));
    }
    Map<String, HourlyRate> burn = new HashMap<>();
    live.forEach(
        (variant, intervals) -> burn.put(variant, Metering.burnRate(intervals, books, now)));
    return burn;
  }

  private static List<Deployment> owned(Set<Deployment> deployments, ModelDeployment owner) {
    return deployments.stream()
        .filter(d -> d.getMetadata().getDeletionTimestamp() == null)
        .filter(
            d ->
                d.getMetadata().getOwnerReferences().stream()
                    .anyMatch(o -> Objects.equals(o.getUid(), owner.getMetadata().getUid())))
        .sorted(Comparator.comparing(d -> d.getMetadata().getName()))
        .toList();
  }
}
