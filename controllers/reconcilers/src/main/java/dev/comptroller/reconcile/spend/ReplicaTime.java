package dev.comptroller.reconcile.spend;

import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.ReplicaInterval.End;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What a replica's pod says about the time that is charged for it. Pure.
///
/// 1. A pod that was never bound to a node is not charged.
/// 2. A pod whose node is gone ended when its containers did, or now at the latest.
/// 3. A pod with a running container runs.
/// 4. A pod that is over, or that was asked to leave and that its node is done with, ended with its
///    last container, or with the request to leave if no container ever ran.
/// 5. Any other pod runs.
public sealed interface ReplicaTime {
  /// It holds no GPUs yet.
  record Waiting() implements ReplicaTime {}

  /// It will never have held a GPU: nothing to record.
  record NeverBound() implements ReplicaTime {}

  /// It holds GPUs.
  record Running(ReplicaInterval interval) implements ReplicaTime {}

  /// It has given its GPUs back.
  record Ended(ReplicaInterval interval) implements ReplicaTime {}

  /// Where the node of a pod is.
  ///
  /// @param facts what the node says, or last said; absent if it was never seen
  /// @param gone whether it no longer exists
  record Place(Optional<NodeFacts> facts, boolean gone) {}

  /// The time of `pod` as seen at `now`.
  static ReplicaTime of(Pod pod, Place place, Instant now) {
    Optional<Instant> start = PodFacts.scheduledAt(pod);
    if (start.isEmpty() || PodFacts.node(pod).isEmpty()) {
      return PodFacts.isTerminating(pod) || PodFacts.isOver(pod) ? new NeverBound() : new Waiting();
    }
    Optional<End> end = end(pod, place, now);
    ReplicaInterval interval =
        new ReplicaInterval(
            pod.getMetadata().getUid(),
            pool(pod, place),
            place.facts().map(NodeFacts::type).orElse(CapacityType.Unknown),
            PodFacts.gpus(pod),
            start.get(),
            end.orElseGet(ReplicaInterval.Running::new));
    return end.isPresent() ? new Ended(interval) : new Running(interval);
  }

  private static Optional<End> end(Pod pod, Place place, Instant now) {
    boolean runs = PodFacts.anyContainerRuns(pod);
    Optional<Instant> finished = PodFacts.lastFinishedAt(pod);
    if (place.gone()) {
      return runs || finished.isEmpty()
          ? Optional.of(new ReplicaInterval.UpperBound(now))
          : finished.map(ReplicaInterval.Known::new);
    }
    if (runs || !(PodFacts.isOver(pod) || isDone(pod))) {
      return Optional.empty();
    }
    Optional<Instant> known = finished.or(() -> PodFacts.deletionAskedAt(pod));
    return known
        .<End>map(ReplicaInterval.Known::new)
        .or(() -> Optional.of(new ReplicaInterval.UpperBound(now)));
  }

  /// Whether the node is done with a pod that was asked to leave: it says so with a grace of zero,
  /// or by the end of every container.
  private static boolean isDone(Pod pod) {
    if (!PodFacts.isTerminating(pod)) {
      return false;
    }
    Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
    List<ContainerStatus> containers = PodFacts.containers(pod);
    boolean allEnded =
        !containers.isEmpty()
            && containers.stream()
                .allMatch(c -> c.getState() != null && c.getState().getTerminated() != null);
    return allEnded || (grace != null && grace == 0);
  }

  private static String pool(Pod pod, Place place) {
    return place
        .facts()
        .map(NodeFacts::pool)
        .filter(pool -> !pool.isEmpty())
        .or(() -> PodFacts.label(pod, Names.POOL_LABEL))
        .orElse("");
  }
}
