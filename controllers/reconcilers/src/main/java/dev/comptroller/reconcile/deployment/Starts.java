package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// How long replicas take from the wish for them until they serve, node, weights and warm-up
/// included: the median of the last that were seen, or what the status says before one was.
final class Starts {
  private static final int KEPT = 15;

  /// By deployment, what its replicas took, by uid; the oldest first.
  private final Map<String, Map<String, Duration>> taken = new ConcurrentHashMap<>();

  @Nullable Duration of(ModelDeployment deployment, List<Pod> pods) {
    Map<String, Duration> known =
        taken.computeIfAbsent(deployment.getMetadata().getUid(), _ -> new LinkedHashMap<>());
    synchronized (known) {
      for (Pod pod : pods) {
        String uid = pod.getMetadata().getUid();
        if (!known.containsKey(uid)) {
          took(pod).ifPresent(time -> known.put(uid, time));
        }
      }
      while (known.size() > KEPT) {
        known.remove(known.keySet().iterator().next());
      }
      if (known.isEmpty()) {
        return Autoscaled.start(DeploymentReport.previous(deployment));
      }
      List<Duration> sorted = new ArrayList<>(known.values());
      Collections.sort(sorted);
      return Duration.ofSeconds(sorted.get(sorted.size() / 2).toSeconds());
    }
  }

  /// What a replica took; absent if it never served, or not for the first time.
  private static Optional<Duration> took(Pod pod) {
    boolean restarted =
        PodFacts.containers(pod).stream()
            .map(ContainerStatus::getRestartCount)
            .anyMatch(count -> count != null && count > 0);
    Optional<Instant> wanted = PodFacts.instant(pod.getMetadata().getCreationTimestamp());
    Optional<Instant> served =
        PodFacts.condition(pod, "Ready")
            .filter(condition -> "True".equals(condition.getStatus()))
            .map(PodCondition::getLastTransitionTime)
            .flatMap(PodFacts::instant);
    return restarted || wanted.isEmpty() || served.isEmpty() || served.get().isBefore(wanted.get())
        ? Optional.empty()
        : Optional.of(Duration.between(wanted.get(), served.get()));
  }
}
