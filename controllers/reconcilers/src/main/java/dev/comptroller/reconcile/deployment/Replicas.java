package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.fleet.Replica.Problem;
import dev.comptroller.decide.fleet.Replica.State;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads replicas out of pods. Pure.
final class Replicas {
  private static final Set<String> ON_THE_WAY = Set.of("ContainerCreating", "PodInitializing");

  private Replicas() {}

  /// The replica that `pod` is; nothing once it ran to an end.
  static Optional<Replica> of(Pod pod) {
    if (PodFacts.isOver(pod)) {
      return Optional.empty();
    }
    State state = state(pod);
    return Optional.of(
        new Replica(
            pod.getMetadata().getName(),
            pod.getMetadata().getUid(),
            PodFacts.label(pod, Names.VARIANT_LABEL).orElse(""),
            state,
            problem(pod, state)));
  }

  private static State state(Pod pod) {
    if (PodFacts.isTerminating(pod)) {
      return State.Terminating;
    }
    if (PodFacts.isReady(pod)) {
      return State.Ready;
    }
    return PodFacts.node(pod).isPresent() ? State.Starting : State.Unscheduled;
  }

  private static @Nullable Problem problem(Pod pod, State state) {
    return switch (state) {
      case Unscheduled ->
          PodFacts.condition(pod, "PodScheduled")
              .filter(c -> "False".equals(c.getStatus()))
              .map(c -> new Problem(text(c.getReason()), text(c.getMessage())))
              .orElse(null);
      case Starting ->
          // What keeps one container from running says more than that another one ran before.
          Stream.concat(
                  PodFacts.containers(pod).stream().map(Replicas::waiting),
                  PodFacts.containers(pod).stream().map(Replicas::restarted))
              .flatMap(Optional::stream)
              .findFirst()
              .orElse(null);
      case Ready, Terminating -> null;
    };
  }

  private static Optional<Problem> waiting(ContainerStatus container) {
    ContainerState now = container.getState();
    if (now == null || now.getWaiting() == null || now.getWaiting().getReason() == null) {
      return Optional.empty();
    }
    String reason = now.getWaiting().getReason();
    return ON_THE_WAY.contains(reason)
        ? Optional.empty()
        : Optional.of(
            new Problem(reason, lastExit(container).orElse(text(now.getWaiting().getMessage()))));
  }

  private static Optional<Problem> restarted(ContainerStatus container) {
    return lastExit(container).map(exit -> new Problem("Restarted", exit));
  }

  private static Optional<String> lastExit(ContainerStatus container) {
    ContainerState last = container.getLastState();
    if (last == null || last.getTerminated() == null) {
      return Optional.empty();
    }
    ContainerStateTerminated end = last.getTerminated();
    String message = text(end.getMessage()).strip();
    return Optional.of(
        "exit code %d after %d restarts%s"
            .formatted(
                end.getExitCode(),
                container.getRestartCount() == null ? 0 : container.getRestartCount(),
                message.isEmpty() ? "" : ": " + message));
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
