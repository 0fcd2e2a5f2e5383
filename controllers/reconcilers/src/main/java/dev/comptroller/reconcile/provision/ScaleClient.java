package dev.comptroller.reconcile.provision;

import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.autoscaling.v1.Scale;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Reads and writes the scale subresource of any object.
final class ScaleClient {
  private final KubernetesClient client;
  private final Map<String, ResourceDefinitionContext> known = new ConcurrentHashMap<>();

  ScaleClient(KubernetesClient client) {
    this.client = client;
  }

  /// An object with a scale subresource.
  ///
  /// @param namespace absent if it is cluster-scoped
  record Target(String apiVersion, String kind, @Nullable String namespace, String name) {
    @Override
    public String toString() {
      return "%s %s%s".formatted(kind, namespace == null ? "" : namespace + "/", name);
    }
  }

  /// What came of a wish.
  sealed interface Scaled {
    /// It has so many already.
    record Same() implements Scaled {}

    /// It had `before`, and was told to have more or less.
    record Changed(int before) implements Scaled {}

    /// It cannot be scaled.
    record Impossible(String message) implements Scaled {}
  }

  /// Makes `target` have `replicas`, whoever asked for another number before.
  Scaled scale(Target target, int replicas) {
    Optional<ResourceDefinitionContext> kind = kind(target);
    if (kind.isEmpty()) {
      return new Scaled.Impossible(
          "%s: the cluster knows no kind %s in %s"
              .formatted(target, target.kind(), target.apiVersion()));
    }
    String path = path(kind.get(), target);
    @Nullable String text = client.raw(path + "/scale");
    if (text == null) {
      return new Scaled.Impossible(
          client.raw(path) == null
              ? "%s does not exist".formatted(target)
              : "%s has no scale subresource".formatted(target));
    }
    Scale scale = Serialization.unmarshal(text, Scale.class);
    int before =
        scale.getSpec() == null ? 0 : Objects.requireNonNullElse(scale.getSpec().getReplicas(), 0);
    if (before == replicas) {
      return new Scaled.Same();
    }
    var all = client.genericKubernetesResources(kind.get());
    Resource<GenericKubernetesResource> one =
        target.namespace() == null
            ? all.withName(target.name())
            : all.inNamespace(target.namespace()).withName(target.name());
    // API servers refuse to apply the scale of custom resources: they cannot convert it.
    one.subresource("scale")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withFieldManager(Names.MANAGER)
                .build(),
            "{\"spec\":{\"replicas\":%d}}".formatted(replicas));
    return new Scaled.Changed(before);
  }

  private Optional<ResourceDefinitionContext> kind(Target target) {
    String key = target.apiVersion() + "/" + target.kind();
    ResourceDefinitionContext cached = known.get(key);
    if (cached != null) {
      return Optional.of(cached);
    }
    @Nullable APIResourceList list = client.getApiResources(target.apiVersion());
    if (list == null) {
      return Optional.empty();
    }
    Optional<ResourceDefinitionContext> found =
        list.getResources().stream()
            .filter(r -> target.kind().equals(r.getKind()) && !r.getName().contains("/"))
            .findFirst()
            .map(resource -> context(target.apiVersion(), resource));
    found.ifPresent(context -> known.put(key, context));
    return found;
  }

  private static ResourceDefinitionContext context(String apiVersion, APIResource resource) {
    int slash = apiVersion.indexOf('/');
    return new ResourceDefinitionContext.Builder()
        .withGroup(slash < 0 ? "" : apiVersion.substring(0, slash))
        .withVersion(apiVersion.substring(slash + 1))
        .withKind(resource.getKind())
        .withPlural(resource.getName())
        .withNamespaced(Boolean.TRUE.equals(resource.getNamespaced()))
        .build();
  }

  private static String path(ResourceDefinitionContext kind, Target target) {
    String group =
        kind.getGroup().isEmpty()
            ? "/api/" + kind.getVersion()
            : "/apis/%s/%s".formatted(kind.getGroup(), kind.getVersion());
    String namespace = target.namespace() == null ? "" : "/namespaces/" + target.namespace();
    return "%s%s/%s/%s".formatted(group, namespace, kind.getPlural(), target.name());
  }
}
