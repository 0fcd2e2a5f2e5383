package dev.comptroller.reconcile.signals;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a pod says about itself, read without surprises: everything in a pod may be absent.
public final class PodFacts {
  private PodFacts() {}

  /// Whether the operator made it: a replica of a ModelDeployment.
  public static boolean isReplica(Pod pod) {
    Map<String, String> labels = labels(pod);
    return Names.MANAGER.equals(labels.get("app.kubernetes.io/managed-by"))
        && labels.containsKey(Names.DEPLOYMENT_LABEL);
  }

  /// GPUs that it requests.
  public static int gpus(Pod pod) {
    if (pod.getSpec() == null || pod.getSpec().getContainers() == null) {
      return 0;
    }
    int running = 0;
    for (Container container : pod.getSpec().getContainers()) {
      running += gpus(container);
    }
    int starting = 0;
    List<Container> init = pod.getSpec().getInitContainers();
    for (Container container : init == null ? List.<Container>of() : init) {
      starting = Math.max(starting, gpus(container));
    }
    return Math.max(running, starting);
  }

  /// Its label `name`, or nothing.
  public static Optional<String> label(Pod pod, String name) {
    return Optional.ofNullable(labels(pod).get(name));
  }

  /// Labels, never null.
  public static Map<String, String> labels(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }

  /// The node that it is bound to.
  public static Optional<String> node(Pod pod) {
    return pod.getSpec() == null ? Optional.empty() : text(pod.getSpec().getNodeName());
  }

  /// Its address in the cluster's network.
  public static Optional<String> address(Pod pod) {
    return pod.getStatus() == null ? Optional.empty() : text(pod.getStatus().getPodIP());
  }

  /// Whether it was asked to leave.
  public static boolean isTerminating(Pod pod) {
    return text(pod.getMetadata().getDeletionTimestamp()).isPresent();
  }

  /// Whether it ran to an end: phase Succeeded or Failed.
  public static boolean isOver(Pod pod) {
    String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  /// Whether it is ready, and stays.
  public static boolean isReady(Pod pod) {
    return !isTerminating(pod)
        && condition(pod, "Ready").filter(c -> "True".equals(c.getStatus())).isPresent();
  }

  /// Whether it carries the metering finalizer: its interval is not closed in the record yet.
  public static boolean isMetered(Pod pod) {
    List<String> finalizers = pod.getMetadata().getFinalizers();
    return finalizers != null && finalizers.contains(Names.METERING_FINALIZER);
  }

  /// When it was bound to its node; absent if it never was.
  public static Optional<Instant> scheduledAt(Pod pod) {
    return condition(pod, "PodScheduled")
        .filter(c -> "True".equals(c.getStatus()))
        .flatMap(c -> instant(c.getLastTransitionTime()));
  }

  /// When it was asked to leave, without the grace that it was given.
  public static Optional<Instant> deletionAskedAt(Pod pod) {
    ObjectMeta meta = pod.getMetadata();
    Long grace = meta.getDeletionGracePeriodSeconds();
    return instant(meta.getDeletionTimestamp())
        .map(at -> at.minusSeconds(grace == null ? 0 : grace));
  }

  /// The condition of `type`.
  public static Optional<PodCondition> condition(Pod pod, String type) {
    if (pod.getStatus() == null || pod.getStatus().getConditions() == null) {
      return Optional.empty();
    }
    return pod.getStatus().getConditions().stream().filter(c -> type.equals(c.getType())).findAny();
  }

  /// Statuses of all its containers, those that start it included.
  public static List<ContainerStatus> containers(Pod pod) {
    if (pod.getStatus() == null) {
      return List.of();
    }
    List<ContainerStatus> init = pod.getStatus().getInitContainerStatuses();
    List<ContainerStatus> main = pod.getStatus().getContainerStatuses();
    if (init == null || init.isEmpty()) {
      return main == null ? List.of() : main;
    }
    return Stream.concat(init.stream(), main == null ? Stream.empty() : main.stream()).toList();
  }

  /// Whether any of its containers runs now.
  public static boolean anyContainerRuns(Pod pod) {
    return containers(pod).stream()
        .map(ContainerStatus::getState)
        .anyMatch(state -> state != null && state.getRunning() != null);
  }

  /// When its last container ended; absent if none ever ran.
  public static Optional<Instant> lastFinishedAt(Pod pod) {
    return containers(pod).stream()
        .flatMap(status -> Stream.of(finished(status.getState()), finished(status.getLastState())))
        .flatMap(Optional::stream)
        .max(Instant::compareTo);
  }

  /// An instant as the API writes it; absent if there is none.
  public static Optional<Instant> instant(@Nullable String timestamp) {
    return text(timestamp).map(Instant::parse);
  }

  private static Optional<Instant> finished(@Nullable ContainerState state) {
    return state == null || state.getTerminated() == null
        ? Optional.empty()
        : instant(state.getTerminated().getFinishedAt());
  }

  private static int gpus(Container container) {
    ResourceRequirements resources = container.getResources();
    if (resources == null) {
      return 0;
    }
    Quantity quantity = quantity(resources.getRequests());
    quantity = quantity == null ? quantity(resources.getLimits()) : quantity;
    return quantity == null ? 0 : quantity.getNumericalAmount().intValue();
  }

  private static @Nullable Quantity quantity(@Nullable Map<String, Quantity> quantities) {
    return quantities == null ? null : quantities.get(Names.GPU_RESOURCE);
  }

  private static Optional<String> text(@Nullable String value) {
    return value == null || value.isEmpty() ? Optional.empty() : Optional.of(value);
  }
}
