package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.RunState.Running;
import dev.comptroller.e2e.nodeagent.RunState.Terminated;
import dev.comptroller.e2e.nodeagent.RunState.Waiting;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A container over all its runs. Owned by the pod's worker, except for the logs.
final class ContainerLife {
  /// What part a container has in its pod.
  enum Role {
    INIT,
    SIDECAR,
    MAIN
  }

  private final Container spec;
  private final Role role;
  private final String restartPolicy;
  private final BackOff backOff;

  private RunState state = new Waiting("ContainerCreating", null);
  private @Nullable Terminated last;
  private @Nullable ContainerRun run;
  private Action.@Nullable Place place;
  private @Nullable String containerId;
  private @Nullable Instant startAt = Instant.MIN;
  private int restarts;
  private boolean started;
  private boolean ready;
  private volatile @Nullable ContainerLog log;
  private volatile @Nullable ContainerLog previousLog;

  ContainerLife(Container spec, Role role, String restartPolicy, BackOff backOff) {
    this.spec = spec;
    this.role = role;
    this.restartPolicy = role == Role.SIDECAR ? "Always" : restartPolicy;
    this.backOff = backOff;
  }

  Container spec() {
    return spec;
  }

  String name() {
    return spec.getName();
  }

  Role role() {
    return role;
  }

  RunState state() {
    return state;
  }

  @Nullable ContainerRun run() {
    return run;
  }

  Action.@Nullable Place place() {
    return place;
  }

  /// What to do before a run is told to end.
  @Nullable Action preStop() {
    Action.Place where = place;
    var lifecycle = spec.getLifecycle();
    if (where == null || lifecycle == null || lifecycle.getPreStop() == null) {
      return null;
    }
    return Action.of(lifecycle.getPreStop(), where);
  }

  boolean isRun(ContainerRun candidate) {
    return run == candidate;
  }

  boolean isStarted() {
    return started;
  }

  int restarts() {
    return restarts;
  }

  /// When it is to be started; absent while it runs and when it is over for good.
  Optional<Instant> startAt() {
    return run == null ? Optional.ofNullable(startAt) : Optional.empty();
  }

  /// Whether it will never run again under its restart policy.
  boolean isOver() {
    return run == null && startAt == null;
  }

  boolean succeeded() {
    return state instanceof Terminated ended && ended.exitCode() == 0;
  }

  Optional<ContainerLog> log(boolean previous) {
    return Optional.ofNullable(previous ? previousLog : log);
  }

  /// Takes over what an agent before this one left in the API: whatever ran then is gone.
  void resume(ContainerStatus known, Instant now) {
    restarts = known.getRestartCount() == null ? 0 : known.getRestartCount();
    ContainerState then = known.getState();
    if (then == null) {
      return;
    }
    if (then.getTerminated() != null) {
      endedWith(read(then.getTerminated()), now, true);
    } else if (then.getRunning() != null) {
      endedWith(
          Terminated.unknown(Instant.parse(then.getRunning().getStartedAt()), now), now, true);
      if (startAt != null) {
        startAt = now;
      }
    } else if (known.getLastState() != null && known.getLastState().getTerminated() != null) {
      last = read(known.getLastState().getTerminated());
      restarts++;
    }
  }

  private static Terminated read(ContainerStateTerminated ended) {
    return new Terminated(
        ended.getExitCode(),
        ended.getReason() == null ? "Error" : ended.getReason(),
        ended.getMessage(),
        ended.getStartedAt() == null ? null : Instant.parse(ended.getStartedAt()),
        ended.getFinishedAt() == null ? null : Instant.parse(ended.getFinishedAt()),
        ended.getContainerID());
  }

  /// Says why it does not run yet, and when to try again: null for never by itself.
  void waitFor(String reason, @Nullable String message, @Nullable Instant retryAt) {
    state = new Waiting(reason, message);
    startAt = retryAt == null ? Instant.MAX : retryAt;
  }

  /// The log of the run that is about to start.
  void openLog(ContainerLog next) {
    ContainerLog oldest = previousLog;
    if (oldest != null) {
      oldest.delete();
    }
    previousLog = log;
    log = next;
  }

  void running(ContainerRun begun, Instant now, Action.Place where) {
    run = begun;
    place = where;
    containerId = "process://" + begun.pid();
    state = new Running(now);
    startAt = null;
    started = spec.getStartupProbe() == null;
    ready = started && spec.getReadinessProbe() == null;
  }

  void started() {
    started = true;
    ready = spec.getReadinessProbe() == null;
  }

  void ready(boolean now) {
    ready = now && started;
  }

  /// The run is over: decides when it runs again, if it may.
  void exited(int code, Instant now, String pod, boolean mayRestart) {
    Instant since = state instanceof Running(Instant startedAt) ? startedAt : now;
    ContainerRun ended = run;
    if (ended != null) {
      ended.close();
    }
    var outcome =
        new Terminated(code, code == 0 ? "Completed" : "Error", null, since, now, containerId);
    endedWith(outcome, now, mayRestart);
    Instant again = startAt;
    if (again != null && again.isAfter(now)) {
      state =
          new Waiting(
              "CrashLoopBackOff",
              "back-off %s restarting failed container=%s pod=%s"
                  .formatted(text(Duration.between(now, again)), name(), pod));
    }
  }

  private void endedWith(Terminated outcome, Instant now, boolean mayRestart) {
    run = null;
    started = false;
    ready = role == Role.INIT && outcome.exitCode() == 0;
    state = outcome;
    if (mayRestart && runsAgain(outcome.exitCode())) {
      last = outcome;
      restarts++;
      Instant since = outcome.startedAt() == null ? now : outcome.startedAt();
      startAt = now.plus(backOff.afterRunOf(Duration.between(since, now)));
    } else {
      startAt = null;
    }
  }

  private boolean runsAgain(int code) {
    return switch (restartPolicy) {
      case "Never" -> false;
      case "OnFailure" -> code != 0;
      default -> role != Role.INIT || code != 0;
    };
  }

  private static String text(Duration wait) {
    return wait.toString().substring(2).toLowerCase(java.util.Locale.ROOT);
  }

  /// It will not run again: a planned restart is off, and the last run is what it came to.
  void settle() {
    Terminated outcome = last;
    if (startAt != null && outcome != null && !(state instanceof Running)) {
      if (!(state instanceof Terminated)) {
        state = outcome;
      }
      // The restart that was counted did not happen.
      restarts = Math.max(0, restarts - 1);
      last = null;
    }
    startAt = null;
  }

  /// It never ran and never will, because its pod was deleted.
  void lost() {
    if (state instanceof Waiting) {
      state = Terminated.unknown(null, null);
    }
    startAt = null;
  }

  ContainerStatus status(String imageId) {
    Terminated before = last;
    return new ContainerStatusBuilder()
        .withName(name())
        .withImage(spec.getImage())
        .withImageID(imageId)
        .withContainerID(containerId)
        .withState(RunState.toApi(state))
        .withLastState(before == null ? null : RunState.toApi(before))
        .withReady(ready)
        .withStarted(started)
        .withRestartCount(restarts)
        .build();
  }
}
