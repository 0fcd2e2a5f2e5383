package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus.BackOff;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.scale.RungSeen;
import dev.comptroller.decide.scale.ScaleDecision;
import dev.comptroller.decide.scale.ScaleDecision.Reason;
import dev.comptroller.decide.scale.ScalePolicy.Pace;
import dev.comptroller.decide.scale.ScaleState;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.share.Wish;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a deployment wishes for, as the fleet is told. Pure.
final class Wishes {
  private Wishes() {}

  /// The rungs as they were if no other deployment used their pools.
  static List<RungSeen> whole(List<RungSeen> rungs, Declared declared, Seen seen) {
    List<RungSeen> whole = new ArrayList<>();
    for (RungSeen rung : rungs) {
      Pool pool = seen.observation().pools().get(declared.variant(rung.variant()).pool());
      int gpus = declared.variant(rung.variant()).gpus();
      int fit =
          pool == null
              ? 0
              : pool.nodes().stream()
                  .filter(Pool.Node::ready)
                  .mapToInt(node -> node.gpus() / gpus)
                  .sum();
      int growth = pool == null ? 0 : pool.room(gpus) - pool.roomNow(gpus);
      whole.add(rung.withRoom(Math.max(rung.room(), fit + growth - rung.running())));
    }
    return whole;
  }

  /// The wish of `deployment`.
  ///
  /// @param wished what it would run if all pools were its own
  static Wish of(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      ScaleDecision wished,
      ScaleState state,
      Pace pace,
      Instant now) {
    // What nobody knows to be unneeded, and what somebody set by hand, is taken from nobody.
    boolean firm = wished.outlook() == null || wished.reason() == Reason.Observing;
    List<Way> ways =
        firm && isElsewhere(wished.ways(), seen) ? List.of() : open(wished.ways(), deployment, now);
    return new Wish(
        declared.policy().namespace(),
        declared.policy().name(),
        deployment.getSpec().priority(),
        deployment.getSpec().weight(),
        wished.floor() == null ? 0 : wished.floor().replicas(),
        firm && !ways.isEmpty()
            ? Math.min(ways.getFirst().running(), ways.getFirst().replicas())
            : 0,
        deployment.getSpec().downgrade().breakBeforeMake(),
        bound(deployment, state, pace, now),
        Objects.requireNonNullElse(seen.start(), pace.start()),
        pace.dwell(),
        ways);
  }

  /// Whether replicas run that are not of the one way: then all it does is to hold what it has.
  private static boolean isElsewhere(List<Way> ways, Seen seen) {
    return !ways.isEmpty()
        && seen.observation().replicas().stream()
            .filter(replica -> replica.state() != Replica.State.Unscheduled)
            .anyMatch(replica -> !replica.variant().equals(ways.getFirst().variant().name()));
  }

  /// The ways without a rung whose last try failed, until it may be tried again; the liked one
  /// stays.
  private static List<Way> open(List<Way> ways, ModelDeployment deployment, Instant now) {
    ModelDeploymentStatus status = DeploymentReport.previous(deployment);
    BackOff backOff = status.rollout() == null ? null : status.rollout().backOff();
    if (backOff == null || !now.isBefore(Instant.parse(backOff.until()))) {
      return ways;
    }
    return ways.stream()
        .filter(
            way -> way.equals(ways.getFirst()) || !way.variant().name().equals(backOff.variant()))
        .toList();
  }

  /// The rung that serves while it dwells, or that is being changed to.
  private static @Nullable String bound(
      ModelDeployment deployment, ScaleState state, Pace pace, Instant now) {
    ModelDeploymentStatus status = DeploymentReport.previous(deployment);
    boolean changing = status.transition() != null;
    String changed = status.rollout() == null ? null : status.rollout().lastChange();
    boolean dwells =
        pace.dwells(state.chosen(), now)
            || (changed != null && pace.dwells(Instant.parse(changed), now));
    return changing || dwells ? state.variant() : null;
  }
}
