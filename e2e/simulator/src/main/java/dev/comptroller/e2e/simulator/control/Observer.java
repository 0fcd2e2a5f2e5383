package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.loop.DeploymentPolicy;
import dev.comptroller.decide.loop.DeploymentSeen;
import dev.comptroller.decide.loop.Holding;
import dev.comptroller.decide.loop.VariantSeen;
import dev.comptroller.decide.rollout.Past;
import dev.comptroller.decide.rollout.RolloutSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaState;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import dev.comptroller.decide.rollout.RolloutState;
import dev.comptroller.e2e.simulator.control.View.PodSeen;
import dev.comptroller.e2e.simulator.control.View.SetSeen;
import dev.comptroller.e2e.simulator.world.Gateway;
import dev.comptroller.e2e.simulator.world.Pod.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Turns a view of the cluster into what the decisions take. Pure.
final class Observer {
  private Observer() {}

  static DeploymentSeen deployment(
      DeploymentPolicy policy,
      View view,
      RolloutState rollout,
      @Nullable Expectation expected,
      Instant now,
      Duration ahead) {
    List<Holding> holdings = new ArrayList<>();
    List<VariantSeen> variants = new ArrayList<>();
    for (Variant variant : policy.policy().ladder()) {
      for (boolean leaving : new boolean[] {false, true}) {
        holding(policy, variant, view, leaving, now, ahead).ifPresent(holdings::add);
      }
      variants.add(
          VariantSeen.of(
              variant,
              view.pools().get(variant.pool()),
              null,
              VariantSeen.Slo.NotDeclared,
              now,
              ahead));
    }
    return new DeploymentSeen(
        policy.name(),
        rollout.serving(),
        holdings,
        variants,
        expected == null ? null : expected.asked(),
        expected == null ? List.of() : expected.repeats(),
        Past.changes(rollout.past()));
  }

  private static Optional<Holding> holding(
      DeploymentPolicy policy,
      Variant variant,
      View view,
      boolean leaving,
      Instant now,
      Duration ahead) {
    int count = 0;
    int ready = 0;
    Exposure cost = Exposure.NONE;
    for (PodSeen pod : view.pods()) {
      if (pod.holdsGpus()
          && pod.set().deployment().equals(policy.name())
          && pod.set().variant().equals(variant.name())
          && (pod.phase() == Phase.Leaving) == leaving) {
        count++;
        ready += pod.phase() == Phase.Ready ? 1 : 0;
        cost = cost.plus(Exposure.of(List.of(pod.interval()), view.books(), now, ahead));
      }
    }
    return count == 0
        ? Optional.empty()
        : Optional.of(new Holding(variant.name(), count, ready, leaving, cost));
  }

  /// What a rollout sees.
  static RolloutSeen rollout(
      DeploymentPolicy policy, View view, Gateway gateway, RolloutSeen.Prestage prestage) {
    SortedMap<String, RolloutSeen.VariantSeen> variants = new TreeMap<>();
    for (Variant variant : policy.policy().ladder()) {
      String key = "%s/%s/%s".formatted(policy.policy().namespace(), policy.name(), variant.name());
      SetSeen set = view.sets().getOrDefault(key, new SetSeen(false, 0));
      List<ReplicaSeen> replicas = new ArrayList<>();
      for (PodSeen pod : view.pods()) {
        if (pod.set().key().equals(key) && pod.phase() != Phase.Gone) {
          replicas.add(replica(pod, gateway, view.asOf()));
        }
      }
      var pool = view.pools().get(variant.pool());
      int room = pool == null ? 0 : pool.room(variant.gpus());
      variants.put(
          variant.name(),
          new RolloutSeen.VariantSeen(
              variant.gpus(),
              set.exists(),
              set.revision(),
              room,
              0,
              replicas,
              set.exists() ? variant.name() : ""));
    }
    return new RolloutSeen(variants, prestage);
  }

  private static ReplicaSeen replica(PodSeen pod, Gateway gateway, Instant asOf) {
    ReplicaState state =
        switch (pod.phase()) {
          case Pending -> ReplicaState.Unscheduled;
          case Starting -> pod.attempts() > 1 ? ReplicaState.Failing : ReplicaState.Starting;
          case Ready -> ReplicaState.Ready;
          case Leaving, Gone -> ReplicaState.Leaving;
        };
    long inFlight = gateway.inFlight(pod.set().variant());
    return new ReplicaSeen(
        pod.pod().uid(),
        state,
        pod.warm() ? Warmth.Warm : Warmth.Cold,
        inFlight,
        asOf,
        100,
        0,
        state == ReplicaState.Failing ? "start %d failed".formatted(pod.attempts() - 1) : null);
  }
}
