package dev.comptroller.e2e.nodeagent;

import dev.comptroller.e2e.nodeagent.AgentConfig.NodeConfig;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Takes one pod through its life: one thread that reads events, does what is due, and writes the
/// status when it changed.
///
/// 1. Prepare: take an address, lay out volumes; tried again until it works.
/// 2. Run: init containers in order, then containers; restarts with back-off.
/// 3. Stop, when the pod is deleted, the node goes or its deadline is over: hooks, SIGTERM, SIGKILL
///    after the grace.
/// 4. End: the final status, then the line of the bill, then - if the pod is being deleted - the
///    deletion without grace that lets the object go, or leaves it to its finalizers.
///
/// The worker is done when the object is gone.
final class PodWorker {
  private static final System.Logger LOG = System.getLogger(PodWorker.class.getName());
  private static final Duration SETUP_RETRY = Duration.ofSeconds(1);
  private static final Duration API_RETRY = Duration.ofSeconds(1);

  private enum Stage {
    PREPARING,
    RUNNING,
    STOPPING,
    ENDED,
    DONE
  }

  private final Machinery machinery;
  private final NodeConfig node;
  private final PodContainers containers;
  private final LinkedBlockingQueue<PodEvent> mailbox = new LinkedBlockingQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Instant startTime;
  private final String uid;

  private volatile Pod pod;
  private volatile boolean over;
  private Stage stage = Stage.PREPARING;
  private @Nullable PodHome home;
  private @Nullable String podIp;
  private @Nullable Instant retryAt;
  private @Nullable String unprepared;
  private @Nullable Instant stopBy;
  private PodReport.@Nullable Failure failure;
  private boolean gone;
  private boolean adopted;
  private boolean deleted;
  private @Nullable PodStatus published;
  private List<PodCondition> conditions;
  private long publishedVersion;
  private @Nullable Instant publishRetryAt;

  PodWorker(Machinery machinery, NodeConfig node, Pod pod) {
    this.machinery = machinery;
    this.node = node;
    this.pod = pod;
    this.uid = pod.getMetadata().getUid();
    this.conditions = PodReport.ofApi(pod);
    this.containers = new PodContainers(machinery, pod, mailbox::add);
    String before = pod.getStatus() == null ? null : pod.getStatus().getStartTime();
    this.startTime = before == null ? machinery.now() : Instant.parse(before);
  }

  void tell(PodEvent event) {
    mailbox.add(event);
  }

  Pod pod() {
    return pod;
  }

  /// Whether no process of it runs and none will.
  boolean isOver() {
    return over;
  }

  /// The log of a container's current or previous run.
  Optional<ContainerLog> log(String container, boolean previous) {
    return containers.find(container).flatMap(life -> life.log(previous));
  }

  boolean hasContainer(String name) {
    return containers.find(name).isPresent();
  }

  /// Waits until everything has ended and the API knows it.
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Works until the pod object is gone.
  void run() {
    try {
      resume();
      while (stage != Stage.DONE) {
        step();
        publish();
        afterEnd();
        if (stage != Stage.DONE) {
          receive();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | IOException e) {
      LOG.log(Level.ERROR, label() + ": gave up on the pod", e);
      containers.killAll();
    } finally {
      over = true;
      leave();
      ended.countDown();
    }
  }

  private String label() {
    return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
  }

  private void resume() throws IOException {
    if (PodReport.isTerminal(pod)) {
      adopted = true;
      finish();
      return;
    }
    containers.resume(pod, machinery.now());
  }

  private void receive() throws InterruptedException {
    Instant now = machinery.clock().instant();
    Instant due = due(now);
    PodEvent event;
    if (due == null) {
      event = mailbox.take();
    } else {
      long millis = Math.max(1, Duration.between(now, due).toMillis() + 1);
      event = mailbox.poll(millis, TimeUnit.MILLISECONDS);
    }
    while (event != null) {
      handle(event);
      event = mailbox.poll();
    }
  }

  private @Nullable Instant due(Instant now) {
    return Stream.of(
            retryAt,
            publishRetryAt,
            stage == Stage.RUNNING ? activeDeadline() : null,
            stage == Stage.RUNNING && home != null ? home.refreshDue().orElse(null) : null,
            stage == Stage.RUNNING || stage == Stage.STOPPING ? containers.due(now) : null)
        .filter(Objects::nonNull)
        .min(Instant::compareTo)
        .orElse(null);
  }

  private @Nullable Instant activeDeadline() {
    Long seconds = pod.getSpec().getActiveDeadlineSeconds();
    return seconds == null ? null : startTime.plusSeconds(seconds);
  }

  private void handle(PodEvent event) {
    Instant now = machinery.now();
    switch (event) {
      case PodEvent.Changed(Pod changed) -> changed(changed);
      case PodEvent.Gone(Pod last) -> {
        pod = last;
        gone = true;
      }
      case PodEvent.Exited exited -> containers.exited(exited, now);
      case PodEvent.Probed probed -> containers.probed(probed, grace(), now);
      case PodEvent.HookFailed failed -> containers.hookFailed(failed, grace(), now);
      case PodEvent.SourceChanged() -> refresh();
      case PodEvent.NodeStops(Duration grace) -> {
        if (stopBy == null && stage != Stage.ENDED) {
          failure =
              new PodReport.Failure(
                  "Terminated", "Pod was terminated in response to imminent node shutdown.");
          Duration most = grace.compareTo(grace()) < 0 ? grace : grace();
          beginStop(machinery.clock().instant().plus(most));
        }
      }
      case PodEvent.NodeLost() -> gone = true;
      case PodEvent.Abandon() -> {
        containers.killAll();
        stage = Stage.DONE;
      }
    }
  }

  private void changed(Pod changed) {
    Pod before = pod;
    pod = changed;
    boolean relabelled =
        !Objects.equals(before.getMetadata().getLabels(), changed.getMetadata().getLabels())
            || !Objects.equals(
                before.getMetadata().getAnnotations(), changed.getMetadata().getAnnotations());
    if (relabelled) {
      refresh();
    }
    PodStatus ours = published;
    if (ours != null
        && version(changed) > publishedVersion
        && !PodReport.sameReady(ours, changed)) {
      published = null; // Somebody else wrote our condition: write it again.
    }
  }

  private static long version(Pod pod) {
    try {
      return Long.parseLong(pod.getMetadata().getResourceVersion());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private Duration grace() {
    Long seconds = pod.getSpec().getTerminationGracePeriodSeconds();
    return Duration.ofSeconds(seconds == null ? 30 : seconds);
  }

  private void refresh() {
    PodHome place = home;
    if (place == null) {
      return;
    }
    if (stage == Stage.PREPARING) {
      retryAt = null;
      return;
    }
    try {
      place.refresh(pod);
    } catch (SetupException | IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "{0}: volumes keep their content: {1}", label(), e.getMessage());
    }
  }

  private void step() throws IOException {
    Instant now = machinery.clock().instant();
    if (stage == Stage.ENDED || stage == Stage.DONE) {
      return;
    }
    observeDeletion(now);
    if (stage == Stage.PREPARING) {
      prepare(now);
    }
    if (stage == Stage.RUNNING) {
      run(now);
    }
    if (stage == Stage.STOPPING) {
      stop(now);
    }
  }

  private void observeDeletion(Instant now) {
    if (gone) {
      beginStop(now);
      containers.killAll();
      return;
    }
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      Long seconds = pod.getMetadata().getDeletionGracePeriodSeconds();
      Instant by = now.plusSeconds(seconds == null ? 30 : seconds);
      if (stopBy == null || by.isBefore(stopBy)) {
        beginStop(by);
      }
      return;
    }
    if (stopBy == null && PodReport.isTerminal(pod)) {
      beginStop(now.plus(grace())); // Somebody else ended the pod.
    }
    Instant deadline = activeDeadline();
    if (stopBy == null && deadline != null && !now.isBefore(deadline)) {
      failure =
          new PodReport.Failure(
              "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
      beginStop(now.plus(grace()));
    }
  }

  private void beginStop(Instant by) {
    Instant known = stopBy;
    stopBy = known == null || by.isBefore(known) ? by : known;
    stage = Stage.STOPPING;
    retryAt = null;
  }

  private void prepare(Instant now) {
    Instant again = retryAt;
    if (again != null && now.isBefore(again)) {
      return;
    }
    try {
      PodHome place = home;
      if (place == null) {
        place = new PodHome(machinery, node, pod);
        home = place;
        podIp = place.podIp();
      }
      place.layOut(pod, () -> mailbox.add(new PodEvent.SourceChanged()));
      retryAt = null;
      stage = Stage.RUNNING;
    } catch (SetupException | IOException | RuntimeException e) {
      retryAt = now.plus(SETUP_RETRY);
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      if (!why.equals(unprepared)) {
        LOG.log(Level.WARNING, "{0}: not prepared yet: {1}", label(), why);
        unprepared = why;
      }
      containers.unprepared(why);
    }
  }

  private void run(Instant now) throws IOException {
    PodHome place = home;
    if (place == null) {
      return;
    }
    if (place.refreshDue().filter(at -> !at.isAfter(now)).isPresent()) {
      refresh();
    }
    containers.advance(pod, place, now);
    containers.killOverdue(now);
    if (containers.initFailed() || containers.mainsOver()) {
      beginStop(now.plus(grace()));
    }
  }

  private void stop(Instant now) throws IOException {
    Instant by = stopBy;
    if (by == null) {
      return;
    }
    containers.stopAll(by, now);
    containers.killOverdue(now);
    if (containers.allStopped()) {
      if (gone || failure != null || pod.getMetadata().getDeletionTimestamp() != null) {
        containers.loseWaiting();
      }
      finish();
    }
  }

  private void finish() throws IOException {
    stage = Stage.ENDED;
    over = true;
    PodHome place = home;
    if (place != null) {
      home = null;
      place.close();
    }
  }

  private PodStatus report(Instant now) {
    return new PodReport(
            pod,
            conditions,
            startTime,
            podIp,
            containers.initStatuses(),
            containers.mainStatuses(),
            containers.initialised(),
            stage == Stage.ENDED,
            failure)
        .status(now);
  }

  private void publish() {
    Instant now = machinery.clock().instant();
    if (gone || stage == Stage.DONE || adopted) {
      publishRetryAt = null;
      return;
    }
    Instant retry = publishRetryAt;
    if (retry != null && now.isBefore(retry)) {
      return;
    }
    publishRetryAt = null;
    PodStatus status = report(machinery.now());
    if (status.equals(published)) {
      return;
    }
    try {
      Pod answer =
          machinery
              .client()
              .pods()
              .inNamespace(pod.getMetadata().getNamespace())
              .withName(pod.getMetadata().getName())
              .subresource("status")
              .patch(PodPatch.STRATEGIC, PodPatch.of(machinery.client(), uid, status));
      publishedVersion = version(answer);
      published = status;
      conditions = status.getConditions();
    } catch (KubernetesClientException e) {
      boolean another =
          e.getCode() == 409
              && String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("uid");
      if (e.getCode() == 404 || another) {
        published = status; // The object is gone; the watch will say so.
      } else {
        LOG.log(Level.WARNING, "{0}: status not written: {1}", label(), e.getMessage());
        publishRetryAt = now.plus(API_RETRY);
      }
    }
  }

  private void afterEnd() throws IOException {
    if (stage != Stage.ENDED) {
      return;
    }
    bill();
    if (gone) {
      stage = Stage.DONE;
      return;
    }
    if (publishRetryAt != null) {
      return;
    }
    ended.countDown();
    if (pod.getMetadata().getDeletionTimestamp() != null && !deleted) {
      deleteObject();
    }
  }

  private void deleteObject() {
    try {
      PodPatch.delete(machinery.client(), pod);
      deleted = true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        deleted = true; // Somebody else was first.
        return;
      }
      LOG.log(Level.WARNING, "{0}: not deleted yet: {1}", label(), e.getMessage());
      publishRetryAt = machinery.clock().instant().plus(API_RETRY);
    }
  }

  private void bill() throws IOException {
    if (machinery.bill().has(uid)) {
      return;
    }
    machinery
        .bill()
        .add(
            new Bill.Line(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                uid,
                node.name(),
                Gpus.of(pod),
                scheduledAt(),
                PodTimes.finishedAt(pod, finalStatuses(), machinery.now())));
  }

  /// When the pod was bound to the node.
  Instant scheduledAt() {
    return PodTimes.scheduledAt(pod).orElse(startTime);
  }

  private List<ContainerStatus> finalStatuses() {
    return adopted
        ? PodTimes.statuses(pod)
        : Stream.concat(containers.mainStatuses().stream(), containers.initStatuses().stream())
            .toList();
  }

  private void leave() {
    try {
      PodHome place = home;
      if (place != null) {
        place.close();
      }
      AtomicFolder.deleteTree(machinery.logFolder(uid));
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}: folder not removed: {1}", label(), e.getMessage());
    }
  }
}
