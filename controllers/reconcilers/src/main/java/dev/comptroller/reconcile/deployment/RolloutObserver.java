package dev.comptroller.reconcile.deployment;

import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.decide.rollout.RolloutSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Prestage;
import dev.comptroller.decide.rollout.RolloutSeen.Prestage.Outcome;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaState;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.signals.EngineLoad;
import dev.comptroller.reconcile.signals.EngineLoads;
import dev.comptroller.reconcile.signals.FirstRequests;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.signals.Warmer;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Gathers what a rollout has to see: pods and Deployments of every variant, the room in pools,
/// what engines work on, and how first requests went.
public final class RolloutObserver {
  private static final Set<String> HOPELESS =
      Set.of(
          "CrashLoopBackOff",
          "Error",
          "OOMKilled",
          "ImagePullBackOff",
          "ErrImagePull",
          "InvalidImageName",
          "CreateContainerConfigError",
          "CreateContainerError",
          "RunContainerError");

  private final EngineLoads scrape;
  private final FirstRequests warmer;

  /// An observer over these signals.
  public RolloutObserver(EngineLoads scrape, FirstRequests warmer) {
    this.scrape = scrape;
    this.warmer = warmer;
  }

  /// What is seen, for a rollout whose weights of `reading` are being read.
  RolloutSeen observe(Declared declared, Seen seen, @Nullable String reading) {
    Set<String> names = new TreeSet<>(declared.rungs().keySet());
    seen.deployments().forEach(d -> names.add(variant(d)));
    seen.pods().forEach(pod -> PodFacts.label(pod, Names.VARIANT_LABEL).ifPresent(names::add));
    SortedMap<String, VariantSeen> variants = new TreeMap<>();
    for (String name : names) {
      if (!name.isEmpty()) {
        variants.put(name, variant(declared, seen, name));
      }
    }
    return new RolloutSeen(variants, prestage(seen.prestages(), reading));
  }

  /// Looks at what these variants work on now, rather than at the next round.
  void look(Seen seen, Set<String> variants) {
    scrape.look(
        seen.pods().stream()
            .filter(PodFacts::isReady)
            .filter(
                pod ->
                    PodFacts.label(pod, Names.VARIANT_LABEL).filter(variants::contains).isPresent())
            .toList());
  }

  /// Sends first requests to the pods with these `uids`.
  void warm(Seen seen, String model, List<String> uids, Runnable done) {
    Consumer<Pod> ask = pod -> warmer.warm(pod, model, done);
    seen.pods().stream().filter(pod -> uids.contains(pod.getMetadata().getUid())).forEach(ask);
  }

  /// Requests that the pod with `uid` was last seen to work on.
  Optional<Long> inFlight(String uid) {
    return scrape.load(uid).map(EngineLoad::inFlight);
  }

  private VariantSeen variant(Declared declared, Seen seen, String name) {
    Optional<Deployment> deployment =
        seen.deployments().stream().filter(d -> variant(d).equals(name)).findFirst();
    boolean known = declared.rungs().containsKey(name);
    int gpus =
        known ? declared.variant(name).gpus() : deployment.map(RolloutObserver::gpus).orElse(1);
    Pool pool = known ? seen.observation().pools().get(declared.variant(name).pool()) : null;
    List<ReplicaSeen> replicas = new ArrayList<>();
    for (Pod pod : seen.pods()) {
      if (PodFacts.label(pod, Names.VARIANT_LABEL).filter(name::equals).isPresent()) {
        Replicas.of(pod).ifPresent(replica -> replicas.add(replica(pod, replica)));
      }
    }
    return new VariantSeen(
        gpus,
        deployment.isPresent(),
        deployment.map(RolloutObserver::revision).orElse(0L),
        pool == null ? 0 : pool.room(gpus),
        pool == null ? 0 : pool.room(gpus) - pool.roomNow(gpus),
        replicas,
        deployment.map(RolloutObserver::template).orElse(""));
  }

  private ReplicaSeen replica(Pod pod, Replica replica) {
    Optional<EngineLoad> load = scrape.load(replica.uid());
    Warmer.Outcome outcome = warmer.outcome(pod).orElse(null);
    Warmth warmth =
        switch (outcome) {
          case null -> Warmth.Cold;
          case Warmer.Outcome.Asking() -> Warmth.Cold;
          case Warmer.Outcome.Warm(_) -> Warmth.Warm;
          case Warmer.Outcome.Failed(_) -> Warmth.Failed;
        };
    String problem =
        outcome instanceof Warmer.Outcome.Failed(String message)
            ? "%s: %s".formatted(replica.name(), message)
            : replica.problem() == null
                ? null
                : "%s: %s: %s"
                    .formatted(
                        replica.name(), replica.problem().reason(), replica.problem().message());
    return new ReplicaSeen(
        replica.uid(),
        state(replica),
        warmth,
        load.map(EngineLoad::inFlight).orElse(null),
        load.map(EngineLoad::at).orElse(null),
        load.map(EngineLoad::answered).orElse(0L),
        load.map(EngineLoad::errors).orElse(0L),
        problem);
  }

  private static ReplicaState state(Replica replica) {
    return switch (replica.state()) {
      case Unscheduled -> ReplicaState.Unscheduled;
      case Starting ->
          replica.problem() != null && HOPELESS.contains(replica.problem().reason())
              ? ReplicaState.Failing
              : ReplicaState.Starting;
      case Ready -> ReplicaState.Ready;
      case Terminating -> ReplicaState.Leaving;
    };
  }

  private static Prestage prestage(List<Pod> readers, @Nullable String reading) {
    for (Pod pod : readers) {
      String variant = PodFacts.label(pod, Names.VARIANT_LABEL).orElse("");
      if (!PodFacts.isTerminating(pod) && variant.equals(reading)) {
        return new Prestage(variant, outcome(pod), message(pod));
      }
    }
    return readers.stream()
        .filter(pod -> !PodFacts.isTerminating(pod))
        .findFirst()
        .map(
            pod ->
                new Prestage(
                    PodFacts.label(pod, Names.VARIANT_LABEL).orElse(""),
                    Outcome.Running,
                    "left over"))
        .orElse(Prestage.NONE);
  }

  private static Outcome outcome(Pod pod) {
    String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
    return switch (phase == null ? "" : phase) {
      case "Succeeded" -> Outcome.Done;
      case "Failed" -> Outcome.Failed;
      default -> Outcome.Running;
    };
  }

  private static String message(Pod pod) {
    return PodFacts.containers(pod).stream()
        .filter(c -> c.getState() != null && c.getState().getTerminated() != null)
        .map(c -> c.getState().getTerminated())
        .map(RolloutObserver::message)
        .findFirst()
        .orElse("");
  }

  private static String message(ContainerStateTerminated end) {
    String text = end.getMessage() == null ? "" : end.getMessage().strip();
    return "exit code %d%s".formatted(end.getExitCode(), text.isEmpty() ? "" : ": " + text);
  }

  private static String variant(Deployment deployment) {
    Map<String, String> labels = deployment.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(Names.VARIANT_LABEL, "");
  }

  private static String annotation(Deployment deployment, String key, String absent) {
    Map<String, String> annotations = deployment.getMetadata().getAnnotations();
    return annotations == null ? absent : annotations.getOrDefault(key, absent);
  }

  /// Digest of what all of its pods are made of; empty while they are not all of its template.
  static String template(Deployment deployment) {
    DeploymentStatus status = deployment.getStatus();
    Long generation = deployment.getMetadata().getGeneration();
    boolean current =
        status != null
            && status.getObservedGeneration() != null
            && generation != null
            && status.getObservedGeneration() >= generation
            && Objects.equals(
                Objects.requireNonNullElse(status.getReplicas(), 0),
                Objects.requireNonNullElse(status.getUpdatedReplicas(), 0));
    return current ? annotation(deployment, Names.TEMPLATE_ANNOTATION, "") : "";
  }

  private static long revision(Deployment deployment) {
    String text = annotation(deployment, Names.REVISION_ANNOTATION, "0");
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  private static int gpus(Deployment deployment) {
    int gpus = 0;
    for (Container container : deployment.getSpec().getTemplate().getSpec().getContainers()) {
      Quantity quantity =
          container.getResources() == null || container.getResources().getLimits() == null
              ? null
              : container.getResources().getLimits().get(Names.GPU_RESOURCE);
      gpus += quantity == null ? 0 : quantity.getNumericalAmount().intValue();
    }
    return Math.max(1, gpus);
  }
}
