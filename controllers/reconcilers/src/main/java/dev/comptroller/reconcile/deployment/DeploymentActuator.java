package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.api.v1alpha1.ModelDeploymentStatus;
import dev.comptroller.decide.Decision;
import dev.comptroller.decide.condition.Finding;
import dev.comptroller.decide.fleet.Replica;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.deployment.DeploymentParser.Declared;
import dev.comptroller.reconcile.deployment.Outcome.Action;
import dev.comptroller.reconcile.desired.Serving;
import dev.comptroller.reconcile.desired.ServingDeployment;
import dev.comptroller.reconcile.desired.ServingService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Carries one decision out: the Deployment of the chosen variant, the Service of the one that
/// serves, and the end of Deployments of other variants.
///
/// Objects are applied by server-side apply and only when a field of ours differs, so that nothing
/// is written at rest and fields of others stay. A change of variant is made before broken: the
/// Service stays with the old variant until a replica of the new one is ready, and the old
/// Deployment goes once the new one has all its replicas, or, where `breakBeforeMake` allows it,
/// once the new one finds no GPUs. An object of the same name that belongs to somebody else is left
/// alone and reported.
public final class DeploymentActuator {
  private final String image;

  /// An actuator whose pods run `image`.
  public DeploymentActuator(String image) {
    this.image = image;
  }

  /// Carries `decision` out.
  Outcome act(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      Decision decision,
      Context<ModelDeployment> context) {
    return switch (decision) {
      case Decision.Blocked(_, _, _) -> new Outcome(previous(deployment), List.of(), null);
      case Decision.Serve(String variant, int replicas, _) ->
          serve(deployment, declared, seen, variant, replicas, context);
    };
  }

  private Outcome serve(
      ModelDeployment deployment,
      Declared declared,
      Seen seen,
      String target,
      int replicas,
      Context<ModelDeployment> context) {
    List<Action> actions = new ArrayList<>();
    String active = active(deployment, declared, seen, target);
    Deployment wanted = ServingDeployment.of(serving(deployment, declared, target, replicas));
    Optional<Finding> problem =
        apply(
            wanted,
            seen.deployments().stream()
                .filter(d -> d.getMetadata().getName().equals(wanted.getMetadata().getName()))
                .findFirst()
                .orElse(null),
            deployment,
            context,
            actions);
    if (problem.isEmpty()) {
      problem =
          apply(
              ServingService.of(serving(deployment, declared, active, replicas)),
              seen.service(),
              deployment,
              context,
              actions);
    }
    if (problem.isEmpty() && mayEndOthers(deployment, seen, target, replicas)) {
      endOthers(seen, wanted.getMetadata().getName(), context, actions);
    }
    return new Outcome(active, actions, problem.orElse(null));
  }

  /// The variant that serves: the chosen one, unless the previous one still has to.
  private static String active(
      ModelDeployment deployment, Declared declared, Seen seen, String target) {
    String previous = previous(deployment);
    boolean holds =
        previous != null
            && !previous.equals(target)
            && declared.rungs().containsKey(previous)
            && ready(seen, target) == 0
            && ready(seen, previous) > 0;
    return holds ? Objects.requireNonNull(previous) : target;
  }

  private static boolean mayEndOthers(
      ModelDeployment deployment, Seen seen, String target, int replicas) {
    if (ready(seen, target) >= replicas) {
      return true;
    }
    boolean homeless =
        seen.observation().replicasOf(target).stream()
            .anyMatch(r -> r.state() == Replica.State.Unscheduled && r.problem() != null);
    return homeless && deployment.getSpec().downgrade().breakBeforeMake();
  }

  private static void endOthers(
      Seen seen, String kept, Context<ModelDeployment> context, List<Action> actions) {
    for (Deployment other : seen.deployments()) {
      String name = other.getMetadata().getName();
      if (!name.equals(kept)) {
        context.getClient().resource(other).delete();
        actions.add(
            new Action("VariantEnded", "Delete", "Deployment %s is deleted".formatted(name)));
      }
    }
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

  private Serving serving(
      ModelDeployment deployment, Declared declared, String variant, int replicas) {
    return new Serving(
        deployment.getMetadata().getNamespace(),
        deployment.getMetadata().getName(),
        Objects.requireNonNull(declared.rungs().get(variant), variant),
        replicas,
        image,
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

  private static @Nullable String previous(ModelDeployment deployment) {
    ModelDeploymentStatus status = deployment.getStatus();
    return status == null ? null : status.activeVariant();
  }

  private static long ready(Seen seen, String variant) {
    return seen.observation().replicasOf(variant).stream()
        .filter(replica -> replica.state() == Replica.State.Ready)
        .count();
  }

  /// The label selector of everything that this actuator makes.
  public static String selector() {
    return "app.kubernetes.io/managed-by=" + Names.MANAGER + ",app.kubernetes.io/component=runtime";
  }
}
