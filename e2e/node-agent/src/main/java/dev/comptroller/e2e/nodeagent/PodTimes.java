package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// From when to when a pod held its node's resources, by the instants of its status.
final class PodTimes {
  private PodTimes() {}

  /// When it was bound to its node; absent if nobody said so.
  static Optional<Instant> scheduledAt(Pod pod) {
    return PodReport.find(PodReport.ofApi(pod), "PodScheduled")
        .filter(c -> "True".equals(c.getStatus()))
        .map(c -> Instant.parse(c.getLastTransitionTime()));
  }

  /// When its last container ended; if none ever ran, when its deletion was asked for, or `now`.
  static Instant finishedAt(Pod pod, List<ContainerStatus> statuses, Instant now) {
    return statuses.stream()
        .flatMap(s -> Stream.of(finished(s.getState()), finished(s.getLastState())))
        .flatMap(Optional::stream)
        .max(Instant::compareTo)
        .or(() -> deletionAskedAt(pod))
        .orElse(now);
  }

  /// The statuses of all containers that the API has.
  static List<ContainerStatus> statuses(Pod pod) {
    List<ContainerStatus> all = new ArrayList<>();
    if (pod.getStatus() != null && pod.getStatus().getContainerStatuses() != null) {
      all.addAll(pod.getStatus().getContainerStatuses());
    }
    if (pod.getStatus() != null && pod.getStatus().getInitContainerStatuses() != null) {
      all.addAll(pod.getStatus().getInitContainerStatuses());
    }
    return all;
  }

  private static Optional<Instant> finished(@Nullable ContainerState state) {
    return state == null || state.getTerminated() == null
        ? Optional.empty()
        : Optional.ofNullable(state.getTerminated().getFinishedAt()).map(Instant::parse);
  }

  private static Optional<Instant> deletionAskedAt(Pod pod) {
    String at = pod.getMetadata().getDeletionTimestamp();
    if (at == null) {
      return Optional.empty();
    }
    Long seconds = pod.getMetadata().getDeletionGracePeriodSeconds();
    return Optional.of(Instant.parse(at).minusSeconds(seconds == null ? 0 : seconds));
  }
}
