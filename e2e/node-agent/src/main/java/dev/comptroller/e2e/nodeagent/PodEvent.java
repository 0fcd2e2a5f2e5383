package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;

/// What a pod's worker is told.
sealed interface PodEvent {
  /// The API has a newer state of the pod.
  record Changed(Pod pod) implements PodEvent {}

  /// The pod object does not exist any more.
  record Gone(Pod last) implements PodEvent {}

  /// A run of a container is over.
  record Exited(ContainerLife life, ContainerRun run, int code) implements PodEvent {}

  /// A probe's verdict on a run changed.
  record Probed(
      ContainerLife life, ContainerRun run, Kind kind, ProbeState.Verdict verdict, String message)
      implements PodEvent {
    /// Which probe it was.
    enum Kind {
      STARTUP,
      READINESS,
      LIVENESS
    }
  }

  /// A postStart hook failed.
  record HookFailed(ContainerLife life, ContainerRun run, String message) implements PodEvent {}

  /// A ConfigMap or Secret that is mounted changed.
  record SourceChanged() implements PodEvent {}

  /// The node goes: end the pod within `grace` and say so in its status.
  record NodeStops(Duration grace) implements PodEvent {}

  /// The node is gone: end everything at once and tell nobody.
  record NodeLost() implements PodEvent {}

  /// The agent ends without the pod: leave the object as it is.
  record Abandon() implements PodEvent {}
}
