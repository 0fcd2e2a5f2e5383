package dev.comptroller.e2e.nodeagent;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a container does now, or what its last run came to.
sealed interface RunState {
  /// It does not run yet, or not now.
  record Waiting(String reason, @Nullable String message) implements RunState {}

  /// It runs.
  record Running(Instant startedAt) implements RunState {}

  /// A run is over; the instants are absent when nobody saw it run.
  record Terminated(
      int exitCode,
      String reason,
      @Nullable String message,
      @Nullable Instant startedAt,
      @Nullable Instant finishedAt,
      @Nullable String containerId)
      implements RunState {
    /// What Kubernetes says of a container that should have run and cannot be found.
    static Terminated unknown(@Nullable Instant startedAt, @Nullable Instant finishedAt) {
      return new Terminated(
          137,
          "ContainerStatusUnknown",
          "The container could not be located when the pod was terminated",
          startedAt,
          finishedAt,
          null);
    }
  }

  /// The same in the API's words.
  static ContainerState toApi(RunState state) {
    return switch (state) {
      case Waiting(String reason, String message) ->
          new ContainerStateBuilder()
              .withNewWaiting()
              .withReason(reason)
              .withMessage(message)
              .endWaiting()
              .build();
      case Running(Instant startedAt) ->
          new ContainerStateBuilder()
              .withNewRunning()
              .withStartedAt(startedAt.toString())
              .endRunning()
              .build();
      case Terminated ended ->
          new ContainerStateBuilder()
              .withNewTerminated()
              .withExitCode(ended.exitCode())
              .withReason(ended.reason())
              .withMessage(ended.message())
              .withStartedAt(text(ended.startedAt()))
              .withFinishedAt(text(ended.finishedAt()))
              .withContainerID(ended.containerId())
              .endTerminated()
              .build();
    };
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}
