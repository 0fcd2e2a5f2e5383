package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodReadinessGate;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The status that a kubelet would write for a pod. Pure: a function of what is seen.
/// @param pod as the API has it: spec, generation, conditions that others own
/// @param previous conditions written last, whose transition times are kept while nothing changes
/// @param startTime when the node took the pod
/// @param podIp its address, once it has one
/// @param inits statuses of init containers, in order
/// @param mains statuses of containers
/// @param initialised whether all init containers are done
/// @param ended whether nothing runs and nothing will
/// @param failure why the pod failed as a whole, if it did
record PodReport(
    Pod pod,
    List<PodCondition> previous,
    Instant startTime,
    @Nullable String podIp,
    List<ContainerStatus> inits,
    List<ContainerStatus> mains,
    boolean initialised,
    boolean ended,
    @Nullable Failure failure) {

  /// Why a pod failed as a whole.
  record Failure(String reason, String message) {}

  PodStatus status(Instant now) {
    String phase = phase();
    var status =
        new PodStatusBuilder()
            .withPhase(phase)
            .withStartTime(startTime.toString())
            .withHostIP(Machinery.HOST_IP)
            .addNewHostIP(Machinery.HOST_IP)
            .withObservedGeneration(pod.getMetadata().getGeneration())
            .withConditions(conditions(phase, now))
            .withContainerStatuses(mains);
    if (!inits.isEmpty()) {
      status.withInitContainerStatuses(inits);
    }
    if (podIp != null) {
      status.withPodIP(podIp).addNewPodIP(podIp);
    }
    if (failure != null) {
      status.withReason(failure.reason()).withMessage(failure.message());
    }
    return status.build();
  }

  private String phase() {
    if (failure != null && ended) {
      return "Failed";
    }
    if (ended) {
      boolean well = initialised && mains.stream().allMatch(PodReport::succeeded);
      return well ? "Succeeded" : "Failed";
    }
    if (!initialised) {
      return "Pending";
    }
    boolean allRan = mains.stream().allMatch(PodReport::everRan);
    return allRan ? "Running" : "Pending";
  }

  private static boolean succeeded(ContainerStatus status) {
    ContainerState state = status.getState();
    return state.getTerminated() != null && state.getTerminated().getExitCode() == 0;
  }

  private static boolean everRan(ContainerStatus status) {
    return status.getState().getWaiting() == null
        || (status.getLastState() != null && status.getLastState().getTerminated() != null);
  }

  private List<PodCondition> conditions(String phase, Instant now) {
    List<PodCondition> all = new ArrayList<>();
    if (scheduled().isEmpty()) {
      all.add(condition("PodScheduled", true, null, null, now));
    }
    boolean over = phase.equals("Succeeded") || phase.equals("Failed");
    all.add(condition("PodReadyToStartContainers", podIp != null && !over, null, null, now));
    List<String> incomplete =
        inits.stream().filter(s -> !isComplete(s)).map(ContainerStatus::getName).toList();
    boolean done = initialised || phase.equals("Succeeded");
    all.add(
        condition(
            "Initialized",
            done,
            done ? (phase.equals("Succeeded") ? "PodCompleted" : null) : "ContainersNotInitialized",
            done ? null : "containers with incomplete status: " + incomplete,
            now));
    List<String> unready =
        mains.stream()
            .filter(s -> !Boolean.TRUE.equals(s.getReady()))
            .map(ContainerStatus::getName)
            .toList();
    boolean containersReady = !over && initialised && unready.isEmpty();
    String reason = containersReady ? null : notReadyReason(phase);
    String message = containersReady || over ? null : "containers with unready status: " + unready;
    all.add(condition("ContainersReady", containersReady, reason, message, now));
    Optional<String> gate = containersReady ? closedGate() : Optional.empty();
    all.add(
        gate.isPresent()
            ? condition("Ready", false, "ReadinessGatesNotReady", gate.get(), now)
            : condition("Ready", containersReady, reason, message, now));
    return all;
  }

  private static String notReadyReason(String phase) {
    return switch (phase) {
      case "Succeeded" -> "PodCompleted";
      case "Failed" -> "PodFailed";
      default -> "ContainersNotReady";
    };
  }

  private static boolean isComplete(ContainerStatus init) {
    return Boolean.TRUE.equals(init.getReady()) || Boolean.TRUE.equals(init.getStarted());
  }

  private Optional<String> closedGate() {
    List<PodReadinessGate> gates = pod.getSpec().getReadinessGates();
    for (PodReadinessGate gate : gates == null ? List.<PodReadinessGate>of() : gates) {
      String type = gate.getConditionType();
      if (find(ofApi(pod), type).filter(c -> "True".equals(c.getStatus())).isEmpty()) {
        return Optional.of("the status of pod readiness gate \"" + type + "\" is not \"True\"");
      }
    }
    return Optional.empty();
  }

  private Optional<PodCondition> scheduled() {
    return find(ofApi(pod), "PodScheduled").filter(c -> "True".equals(c.getStatus()));
  }

  private PodCondition condition(
      String type, boolean holds, @Nullable String reason, @Nullable String message, Instant now) {
    String status = holds ? "True" : "False";
    String since =
        find(previous, type)
            .filter(c -> status.equals(c.getStatus()))
            .map(PodCondition::getLastTransitionTime)
            .orElse(now.toString());
    return new PodConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withLastTransitionTime(since)
        .withObservedGeneration(pod.getMetadata().getGeneration())
        .build();
  }

  /// Whether a pod ran to its end.
  static boolean isTerminal(Pod pod) {
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  /// Whether the API says of the pod's readiness what was written.
  static boolean sameReady(PodStatus ours, Pod theirs) {
    Optional<String> mine = find(ours.getConditions(), "Ready").map(PodCondition::getStatus);
    return mine.equals(find(ofApi(theirs), "Ready").map(PodCondition::getStatus));
  }

  static List<PodCondition> ofApi(Pod pod) {
    PodStatus status = pod.getStatus();
    return status == null || status.getConditions() == null ? List.of() : status.getConditions();
  }

  static Optional<PodCondition> find(List<PodCondition> conditions, String type) {
    return conditions.stream().filter(c -> type.equals(c.getType())).findFirst();
  }
}
