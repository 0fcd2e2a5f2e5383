package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.ImageConfig;
import dev.comptroller.e2e.nodeagent.AgentConfig.Timing;
import dev.comptroller.e2e.nodeagent.ContainerLife.Role;
import dev.comptroller.e2e.nodeagent.PodEvent.Probed;
import dev.comptroller.e2e.nodeagent.PodEvent.Probed.Kind;
import dev.comptroller.e2e.nodeagent.ProbeState.Verdict;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The containers of one pod: starts them in order, restarts them, stops them. Owned by the pod's
/// worker; everything that happens elsewhere comes back to the worker as an event.
final class PodContainers {
  private static final System.Logger LOG = System.getLogger(PodContainers.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration AFTER_HOOK = Duration.ofSeconds(2);

  private final Machinery machinery;
  private final Consumer<PodEvent> mailbox;
  private final List<ContainerLife> inits = new ArrayList<>();
  private final List<ContainerLife> mains = new ArrayList<>();
  private final String label;
  private boolean initialised;
  private boolean stopping;

  PodContainers(Machinery machinery, Pod pod, Consumer<PodEvent> mailbox) {
    this.machinery = machinery;
    this.mailbox = mailbox;
    this.label = pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    Timing timing = machinery.timing();
    String policy = pod.getSpec().getRestartPolicy();
    List<Container> first = pod.getSpec().getInitContainers();
    for (Container spec : first == null ? List.<Container>of() : first) {
      Role role = "Always".equals(spec.getRestartPolicy()) ? Role.SIDECAR : Role.INIT;
      inits.add(new ContainerLife(spec, role, policy, backOff(timing)));
    }
    for (Container spec : pod.getSpec().getContainers()) {
      mains.add(new ContainerLife(spec, Role.MAIN, policy, backOff(timing)));
    }
    if (!inits.isEmpty()) {
      mains.forEach(life -> life.waitFor("PodInitializing", null, Instant.MIN));
    }
  }

  private static BackOff backOff(Timing timing) {
    return new BackOff(timing.backOffBase(), timing.backOffLimit(), timing.backOffReset());
  }

  /// Takes over what an earlier agent wrote into the pod's status.
  void resume(Pod pod, Instant now) {
    for (ContainerStatus status : PodTimes.statuses(pod)) {
      find(status.getName()).ifPresent(life -> life.resume(status, now));
    }
    updateInitialised();
  }

  Stream<ContainerLife> all() {
    return Stream.concat(inits.stream(), mains.stream());
  }

  Optional<ContainerLife> find(String name) {
    return all().filter(life -> life.name().equals(name)).findFirst();
  }

  boolean initialised() {
    return initialised;
  }

  List<ContainerStatus> initStatuses() {
    return inits.stream().map(this::status).toList();
  }

  List<ContainerStatus> mainStatuses() {
    return mains.stream().map(this::status).toList();
  }

  private ContainerStatus status(ContainerLife life) {
    String image = life.spec().getImage();
    boolean known = life.run() != null || !(life.state() instanceof RunState.Waiting);
    return life.status(known ? "local/" + Images.repository(image) : "");
  }

  /// Whether nothing runs.
  boolean allStopped() {
    return all().allMatch(life -> life.run() == null);
  }

  /// Whether an init container failed for good.
  boolean initFailed() {
    return inits.stream().anyMatch(l -> l.role() == Role.INIT && l.isOver() && !l.succeeded());
  }

  /// Whether all containers came to their end by themselves.
  boolean mainsOver() {
    return mains.stream().allMatch(ContainerLife::isOver);
  }

  /// Starts what is due; true if anything changed.
  void advance(Pod pod, PodHome home, Instant now) {
    for (ContainerLife life : inits) {
      if (isDue(life, now)) {
        start(pod, home, life, now);
      }
      boolean passed = life.role() == Role.SIDECAR ? life.isStarted() : life.succeeded();
      if (!passed && !initialised) {
        return;
      }
    }
    initialised = true;
    for (ContainerLife life : mains) {
      if (isDue(life, now)) {
        start(pod, home, life, now);
      }
    }
  }

  private void updateInitialised() {
    initialised =
        inits.stream().allMatch(l -> l.role() == Role.SIDECAR || l.succeeded())
            && mains.stream().anyMatch(l -> l.restarts() > 0 || l.isOver());
  }

  /// Says of every container that is to run why it cannot yet, also of those that ran before.
  void unprepared(String why) {
    all().forEach(life -> life.startAt().ifPresent(at -> life.waitFor(waiting(life), why, at)));
  }

  private static String waiting(ContainerLife life) {
    return life.state() instanceof RunState.Waiting known ? known.reason() : "ContainerCreating";
  }

  private static boolean isDue(ContainerLife life, Instant now) {
    return life.startAt().filter(at -> !at.isAfter(now)).isPresent();
  }

  private void start(Pod pod, PodHome home, ContainerLife life, Instant now) {
    String name = life.spec().getImage();
    Optional<ImageConfig> image = machinery.images().find(name);
    if (image.isEmpty()) {
      boolean again = life.state() instanceof RunState.Waiting w && w.reason().contains("Image");
      String why = machinery.images().unknown(name);
      life.waitFor(
          again ? "ImagePullBackOff" : "ErrImagePull",
          again ? "Back-off pulling image \"" + name + "\": " + why : why,
          again ? null : now.plus(RETRY));
      return;
    }
    try {
      PodHome.Launch launch = home.launch(pod, life.spec(), image.get());
      var log =
          new ContainerLog(
              machinery.logFolder(pod.getMetadata().getUid()),
              life.name() + "-" + life.restarts(),
              machinery.timing().logLimit(),
              machinery.clock());
      life.openLog(log);
      // The exit code comes from another thread and may come before this one goes on.
      var started = new java.util.concurrent.CompletableFuture<ContainerRun>();
      ContainerRun run =
          ContainerRun.start(
              machinery.groups(),
              machinery.actor(),
              launch,
              log,
              code -> mailbox.accept(new PodEvent.Exited(life, started.join(), code)));
      life.running(run, machinery.now(), launch.place());
      started.complete(run);
      afterStart(life, run, launch.place());
    } catch (SetupException e) {
      life.waitFor("CreateContainerConfigError", e.getMessage(), now.plus(RETRY));
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, label + ": cannot start container " + life.name(), e);
      life.waitFor("RunContainerError", String.valueOf(e.getMessage()), now.plus(RETRY));
    }
  }

  private void afterStart(ContainerLife life, ContainerRun run, Action.Place place) {
    var lifecycle = life.spec().getLifecycle();
    if (lifecycle != null && lifecycle.getPostStart() != null) {
      run.hook(
          Action.of(lifecycle.getPostStart(), place),
          outcome -> {
            if (!outcome.passed()) {
              mailbox.accept(new PodEvent.HookFailed(life, run, outcome.message()));
            }
          });
    }
    if (life.spec().getStartupProbe() != null) {
      probe(life, run, Kind.STARTUP, life.spec().getStartupProbe());
    } else {
      probeWhenStarted(life, run);
    }
  }

  private void probeWhenStarted(ContainerLife life, ContainerRun run) {
    if (life.spec().getReadinessProbe() != null) {
      probe(life, run, Kind.READINESS, life.spec().getReadinessProbe());
    }
    if (life.spec().getLivenessProbe() != null) {
      probe(life, run, Kind.LIVENESS, life.spec().getLivenessProbe());
    }
  }

  private void probe(ContainerLife life, ContainerRun run, Kind kind, Probe probe) {
    Action.Place place = life.place();
    if (place == null) {
      return;
    }
    var settings = ProbeSettings.of(probe);
    Duration fast =
        kind == Kind.LIVENESS ? settings.period() : machinery.timing().probeWhileStarting();
    run.probe(
        Action.of(probe, place),
        settings,
        fast,
        (verdict, message) -> mailbox.accept(new Probed(life, run, kind, verdict, message)));
  }

  void exited(PodEvent.Exited event, Instant now) {
    if (event.life().isRun(event.run())) {
      event.life().exited(event.code(), now, label, !stopping);
    }
  }

  /// Takes a probe's verdict: readiness is noted, a dead container is stopped to be restarted.
  void probed(Probed event, Duration podGrace, Instant now) {
    ContainerLife life = event.life();
    if (!life.isRun(event.run())) {
      return;
    }
    boolean passing = event.verdict() == Verdict.PASSING;
    switch (event.kind()) {
      case READINESS -> life.ready(passing);
      case STARTUP -> {
        if (passing && !life.isStarted()) {
          life.started();
          event.run().endProbes();
          probeWhenStarted(life, event.run());
        } else if (event.verdict() == Verdict.FAILING) {
          restart(life, life.spec().getStartupProbe(), event, podGrace, now);
        }
      }
      case LIVENESS -> {
        if (event.verdict() == Verdict.FAILING) {
          restart(life, life.spec().getLivenessProbe(), event, podGrace, now);
        }
      }
    }
  }

  private void restart(
      ContainerLife life, Probe probe, Probed event, Duration podGrace, Instant now) {
    if (stopping) {
      return;
    }
    Long own = probe.getTerminationGracePeriodSeconds();
    LOG.log(
        Level.INFO,
        "{0}: container {1} failed its {2} probe and is restarted: {3}",
        label,
        life.name(),
        event.kind(),
        event.message());
    stop(life, now.plus(own == null ? podGrace : Duration.ofSeconds(own)));
  }

  void hookFailed(PodEvent.HookFailed event, Duration podGrace, Instant now) {
    if (event.life().isRun(event.run()) && !stopping) {
      LOG.log(Level.INFO, "{0}: postStart hook failed: {1}", label, event.message());
      stop(event.life(), now.plus(podGrace));
    }
  }

  private static void stop(ContainerLife life, Instant deadline) {
    ContainerRun run = life.run();
    if (run != null) {
      run.terminate(life.preStop(), deadline);
    }
  }

  /// Stops everything by the deadline: containers first, then sidecars in reverse order. To be
  /// called again when something ended or the deadline came nearer.
  void stopAll(Instant deadline, Instant now) {
    if (!stopping) {
      stopping = true;
      all().forEach(ContainerLife::settle);
    }
    boolean mainsRun = false;
    for (ContainerLife life : mains) {
      stop(life, deadline);
      mainsRun |= life.run() != null;
    }
    boolean late = !now.isBefore(deadline);
    if (mainsRun && !late) {
      return;
    }
    for (ContainerLife life : inits.reversed()) {
      stop(life, deadline);
      if (life.run() != null && !late) {
        return;
      }
    }
  }

  /// Kills runs whose deadline has come.
  void killOverdue(Instant now) {
    all()
        .map(ContainerLife::run)
        .forEach(
            run -> {
              if (run != null && run.killAt().filter(at -> !at.isAfter(now)).isPresent()) {
                if (run.isInHook()) {
                  run.signalNow(now.plus(AFTER_HOOK));
                } else {
                  run.kill();
                }
              }
            });
  }

  /// Kills everything at once.
  void killAll() {
    if (!stopping) {
      stopping = true;
      all().forEach(ContainerLife::settle);
    }
    all()
        .map(ContainerLife::run)
        .forEach(
            run -> {
              if (run != null) {
                run.kill();
              }
            });
  }

  /// Containers that never ran of a pod that was deleted count as lost.
  void loseWaiting() {
    mains.forEach(ContainerLife::lost);
  }

  /// When something is to be done next.
  @Nullable Instant due(Instant now) {
    Instant due = null;
    for (ContainerLife life : all().toList()) {
      ContainerRun run = life.run();
      Optional<Instant> at =
          run == null ? life.startAt().filter(i -> i.isBefore(Instant.MAX)) : run.killAt();
      if (at.isPresent() && at.get().isAfter(now) && (due == null || at.get().isBefore(due))) {
        due = at.get();
      }
    }
    return due;
  }
}
