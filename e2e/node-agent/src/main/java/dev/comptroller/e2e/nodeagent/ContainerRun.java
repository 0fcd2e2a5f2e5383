package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.Action.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One run of a container: its process, and the threads that watch, probe and stop it.
///
/// Fields belong to the pod's worker; the threads only report to it through callbacks.
final class ContainerRun {
  private static final Duration ONE_SECOND = Duration.ofSeconds(1);
  private static final Duration LONGEST_HOOK = Duration.ofDays(1);

  private final ProcessGroups groups;
  private final Process process;
  private final Actor actor;
  private final List<Thread> probes = new ArrayList<>();
  private final List<Thread> hooks = new ArrayList<>();
  private final AtomicBoolean signalled = new AtomicBoolean();
  private boolean terminating;
  private @Nullable Instant killAt;

  private ContainerRun(ProcessGroups groups, Process process, Actor actor) {
    this.groups = groups;
    this.process = process;
    this.actor = actor;
  }

  /// Starts the process; `exited` gets its exit code once its whole group is gone.
  static ContainerRun start(
      ProcessGroups groups,
      Actor actor,
      PodHome.Launch launch,
      ContainerLog log,
      IntConsumer exited)
      throws IOException {
    Process process = groups.start(launch.words(), launch.environment(), launch.directory());
    // A platform thread: reading a pipe would hold a carrier of virtual threads all the time.
    Thread pump =
        Thread.ofPlatform()
            .daemon()
            .name("log-" + process.pid())
            .start(() -> log.fill(process.getInputStream()));
    Thread.ofVirtual()
        .name("wait-" + process.pid())
        .start(
            () -> {
              try {
                int code = process.waitFor();
                groups.end(process);
                pump.join(Duration.ofSeconds(2));
                log.finish();
                exited.accept(code);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    return new ContainerRun(groups, process, actor);
  }

  long pid() {
    return process.pid();
  }

  /// Probes until the run ends; `report` gets every change of the verdict.
  void probe(
      Action action,
      ProbeSettings settings,
      Duration whileStarting,
      BiConsumer<ProbeState.Verdict, String> report) {
    Thread thread =
        Thread.ofVirtual()
            .name("probe-" + pid())
            .unstarted(() -> probeLoop(action, settings, whileStarting, report));
    probes.add(thread);
    thread.start();
  }

  private void probeLoop(
      Action action,
      ProbeSettings settings,
      Duration whileStarting,
      BiConsumer<ProbeState.Verdict, String> report) {
    LongSupplier nanos = System::nanoTime;
    long origin = nanos.getAsLong();
    var state = new ProbeState(settings);
    boolean passedOnce = false;
    // A program is dearer to start than a connection.
    boolean dear = action instanceof Action.Exec && whileStarting.compareTo(ONE_SECOND) < 0;
    Duration fast = dear ? ONE_SECOND : whileStarting;
    try {
      Thread.sleep(settings.initialDelay());
      while (!Thread.currentThread().isInterrupted()) {
        Duration started = Duration.ofNanos(nanos.getAsLong() - origin);
        Outcome outcome = actor.perform(action, settings.timeout());
        if (Thread.currentThread().isInterrupted()) {
          return;
        }
        passedOnce |= outcome.passed();
        ProbeState.Verdict before = state.verdict();
        ProbeState.Verdict after = state.observe(outcome.passed(), started);
        if (after != before) {
          report.accept(after, outcome.message());
        }
        boolean slow = passedOnce || settings.period().compareTo(fast) < 0;
        Duration next = started.plus(slow ? settings.period() : fast);
        Duration elapsed = Duration.ofNanos(nanos.getAsLong() - origin);
        if (next.compareTo(elapsed) > 0) {
          Thread.sleep(next.minus(elapsed));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Runs a hook beside the container; `report` gets how it went.
  void hook(Action action, java.util.function.Consumer<Outcome> report) {
    Thread thread =
        Thread.ofVirtual()
            .name("hook-" + pid())
            .unstarted(
                () -> {
                  try {
                    report.accept(actor.perform(action, LONGEST_HOOK));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    hooks.add(thread);
    thread.start();
  }

  /// Runs the preStop hook, then sends SIGTERM; kills when the deadline has come. Called again, it
  /// can only bring the deadline forward.
  void terminate(@Nullable Action preStop, Instant deadline) {
    Instant known = killAt;
    killAt = known == null || deadline.isBefore(known) ? deadline : known;
    if (terminating) {
      return;
    }
    terminating = true;
    if (preStop == null) {
      signal();
    } else {
      hook(preStop, outcome -> signal());
    }
  }

  private void signal() {
    signalled.set(true);
    process.destroy();
  }

  /// Whether it is to end, but its preStop hook has not finished.
  boolean isInHook() {
    return terminating && !signalled.get();
  }

  /// Sends SIGTERM although the hook has not finished, and kills at the deadline.
  void signalNow(Instant deadline) {
    killAt = deadline;
    signal();
  }

  Optional<Instant> killAt() {
    return Optional.ofNullable(killAt);
  }

  /// Kills the whole group now.
  void kill() {
    killAt = null;
    groups.kill(process);
  }

  /// Ends the threads of probes and hooks.
  void close() {
    endProbes();
    hooks.forEach(Thread::interrupt);
  }

  /// Ends the probes that run now.
  void endProbes() {
    probes.forEach(Thread::interrupt);
    probes.clear();
  }
}
