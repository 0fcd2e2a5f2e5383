package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.rollout.Intent;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.deployment.Outcome.Action;
import dev.comptroller.reconcile.desired.Images;
import dev.comptroller.reconcile.desired.PrestagePod;
import dev.comptroller.reconcile.desired.Serving;
import dev.comptroller.reconcile.desired.ServingDeployment;
import dev.comptroller.reconcile.desired.ServingService;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Carries out what a rollout intends: the Deployments of its variants, the Service, the reader of
/// weights and the first requests to new replicas.
///
/// Objects are applied by server-side apply and only when a field of ours differs, so that nothing
/// is written at rest and fields of others stay. Everything may be done again. An object of the
/// same name that belongs to somebody else is left alone and reported. A variant that the spec
/// does not declare any more is only scaled.
public final class DeploymentActuator {
  private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

  private final Images images;
  private final RolloutObserver signals;

  /// An actuator whose pods run `images`, and that sends first requests through `signals`.
  public DeploymentActuator(Images images, RolloutObserver signals) {
    this.images = images;
    this.signals = signals;
  }

  /// What a carrying-out works on.
  ///
  /// @param poke what to call when something came of it later
  record Scene(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      Context<ModelDeployment> context,
      Runnable poke) {}

  /// Carries out `intents` in their order, up to the first that somebody else stands in the way of.
  Outcome act(Scene scene, @Nullable String serving, List<Intent> intents) {
    List<Action> actions = new ArrayList<>();
    for (Intent intent : intents) {
      Optional<Finding> problem = act(scene, intent, actions);
      if (problem.isPresent()) {
        return new Outcome(serving, actions, problem.get());
      }
    }
    return new Outcome(serving, actions, null);
  }

  private Optional<Finding> act(Scene scene, Intent intent, List<Action> actions) {
    return switch (intent) {
      case Intent.Prestage(String variant) -> {
        endPrestages(scene, variant);
        yield prestage(scene, variant, actions);
      }
      case Intent.EndPrestage() -> {
        endPrestages(scene, "");
        yield Optional.empty();
      }
      case Intent.Scale(String variant, int replicas, long revision) ->
          scale(scene, variant, replicas, revision, actions);
      case Intent.WarmUp(_, List<String> uids) -> {
        signals.warm(scene.seen(), model(scene.deployment()), uids, scene.poke());
        yield Optional.empty();
      }
      case Intent.Expose(String variant) ->
          scene.declared().rungs().containsKey(variant)
              ? apply(
                  ServingService.of(serving(scene, variant, 0, 0)),
                  scene.seen().service(),
                  scene.deployment(),
                  scene.context(),
                  actions)
              : Optional.empty();
      case Intent.Delete(String variant) -> {
        delete(scene, variant, actions);
        yield Optional.empty();
      }
    };
  }

  private Optional<Finding> scale(
      Scene scene, String variant, int replicas, long revision, List<Action> actions) {
    @Nullable Deployment cached = find(scene, variant);
    if (cached != null && cached.getSpec().getReplicas() > replicas && replicas > 0) {
      preferIdle(scene, variant);
    }
    if (scene.declared().rungs().containsKey(variant)) {
      return apply(
          ServingDeployment.of(serving(scene, variant, replicas, revision)),
          cached,
          scene.deployment(),
          scene.context(),
          actions);
    }
    if (cached != null && cached.getSpec().getReplicas() != replicas) {
      scene
          .context()
          .getClient()
          .resource(cached)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              """
              {"metadata":{"annotations":{"%s":"%d"}},"spec":{"replicas":%d}}
              """
                  .formatted(Names.REVISION_ANNOTATION, revision, replicas));
      actions.add(
          new Action(
              "Applied",
              "Scale",
              "Deployment %s, whose variant is not declared any more, is scaled to %d"
                  .formatted(cached.getMetadata().getName(), replicas)));
    }
    return Optional.empty();
  }

  /// Marks replicas by what they work on, so that those with the least leave first.
  private void preferIdle(Scene scene, String variant) {
    for (Pod pod : scene.seen().pods()) {
      if (!PodFacts.label(pod, Names.VARIANT_LABEL).filter(variant::equals).isPresent()
          || !PodFacts.isReady(pod)) {
        continue;
      }
      signals
          .inFlight(pod.getMetadata().getUid())
          .ifPresent(
              inFlight ->
                  scene
                      .context()
                      .getClient()
                      .pods()
                      .inNamespace(pod.getMetadata().getNamespace())
                      .withName(pod.getMetadata().getName())
                      .patch(
                          PatchContext.of(PatchType.JSON_MERGE),
                          "{\"metadata\":{\"annotations\":{\"%s\":\"%d\"}}}"
                              .formatted(DELETION_COST, Math.min(inFlight, Integer.MAX_VALUE))));
    }
  }

  private Optional<Finding> prestage(Scene scene, String variant, List<Action> actions) {
    boolean there =
        scene.seen().prestages().stream()
            .anyMatch(
                pod ->
                    PodFacts.label(pod, Names.VARIANT_LABEL).filter(variant::equals).isPresent());
    if (there || !scene.declared().rungs().containsKey(variant)) {
      return Optional.empty();
    }
    Pod pod = PrestagePod.of(serving(scene, variant, 0, 0));
    try {
      scene.context().resourceOperations().create(pod);
      actions.add(
          new Action(
              "Created", "Prestage", "Pod %s is created".formatted(pod.getMetadata().getName())));
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
    return Optional.empty();
  }

  private static void endPrestages(Scene scene, String kept) {
    for (Pod pod : scene.seen().prestages()) {
      boolean stays = PodFacts.label(pod, Names.VARIANT_LABEL).filter(kept::equals).isPresent();
      if (!stays && !PodFacts.isTerminating(pod)) {
        scene.context().getClient().resource(pod).delete();
      }
    }
  }

  private static void delete(Scene scene, String variant, List<Action> actions) {
    Deployment other = find(scene, variant);
    if (other != null) {
      scene.context().getClient().resource(other).delete();
      actions.add(
          new Action(
              "VariantEnded",
              "Delete",
              "Deployment %s is deleted".formatted(other.getMetadata().getName())));
    }
  }

  private static @Nullable Deployment find(Scene scene, String variant) {
    return scene.seen().deployments().stream()
        .filter(d -> variant.equals(d.getMetadata().getLabels().get(Names.VARIANT_LABEL)))
        .findFirst()
        .orElse(null);
  }

  private static String model(ModelDeployment deployment) {
    return deployment.getMetadata().getNamespace() + "/" + deployment.getMetadata().getName();
  }

  private <R extends HasMetadata> Optional<Finding> apply(
      R wanted,
      @Nullable R cached,
      ModelDeployment owner,
      Context<ModelDeployment> context,
      List<Action> actions) {
    if (cached != null
        && SSABasedGenericKubernetesResourceMatcher.<R>getInstance()
            .matches(cached, wanted, context)) {
      return Optional.empty();
    }
    R found = context.getClient().resource(wanted).get();
    if (found != null && !belongsTo(found, owner)) {
      return Optional.of(
          Finding.no(
              "Ready",
              "NameTaken",
              "%s %s exists and is not controlled by this ModelDeployment: rename one of the two"
                  .formatted(wanted.getKind(), wanted.getMetadata().getName())));
    }
    R applied = context.resourceOperations().serverSideApply(wanted);
    boolean changed =
        found == null
            || !Objects.equals(
                found.getMetadata().getResourceVersion(),
                applied.getMetadata().getResourceVersion());
    if (changed) {
      actions.add(
          new Action(
              found == null ? "Created" : "Applied",
              "Apply",
              "%s %s %s"
                  .formatted(
                      wanted.getKind(),
                      wanted.getMetadata().getName(),
                      found == null ? "is created" : "is brought back to what the spec asks for")));
    }
    return Optional.empty();
  }

  private static boolean belongsTo(HasMetadata object, ModelDeployment owner) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(o -> Objects.equals(o.getUid(), owner.getMetadata().getUid()));
  }

  private Serving serving(Scene scene, String variant, int replicas, long revision) {
    ModelDeployment deployment = scene.deployment();
    return new Serving(
        deployment.getMetadata().getNamespace(),
        deployment.getMetadata().getName(),
        Objects.requireNonNull(scene.declared().rungs().get(variant), variant),
        replicas,
        revision,
        images,
        owner(deployment));
  }

  private static OwnerReference owner(ModelDeployment deployment) {
    return new OwnerReferenceBuilder()
        .withApiVersion(deployment.getApiVersion())
        .withKind(deployment.getKind())
        .withName(deployment.getMetadata().getName())
        .withUid(deployment.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }

  /// The label selector of everything that this actuator makes.
  public static String selector() {
    return "app.kubernetes.io/managed-by=" + Names.MANAGER + ",app.kubernetes.io/component=runtime";
  }
}
