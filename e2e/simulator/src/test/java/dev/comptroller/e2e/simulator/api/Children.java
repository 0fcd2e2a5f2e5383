package dev.comptroller.e2e.simulator.api;

import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.deployment.DeploymentActuator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Caches of the objects that ModelDeployments own, by owner reference as the framework maps them.
final class Children implements Desk.Secondaries {
  private final Map<Class<?>, SharedIndexInformer<? extends HasMetadata>> informers =
      new LinkedHashMap<>();
  private final Map<String, HasMetadata> written = new TreeMap<>();

  /// Caches that call `changed` with the owner of what changed.
  Children(KubernetesClient client, Consumer<ResourceID> changed) {
    add(client, Deployment.class, DeploymentActuator.selector(), changed);
    add(client, Service.class, DeploymentActuator.selector(), changed);
    add(client, Pod.class, Names.PRESTAGE_LABEL, changed);
  }

  /// Fills the caches.
  void start() {
    informers.values().forEach(informer -> informer.start().toCompletableFuture().join());
  }

  /// Ends the watches.
  void close() {
    informers.values().forEach(SharedIndexInformer::stop);
  }

  @Override
  public Set<?> of(Class<?> type, ResourceID owner) {
    Map<String, HasMetadata> found = new TreeMap<>();
    Objects.requireNonNull(informers.get(type))
        .getStore()
        .list()
        .forEach(object -> found.put(key(object), object));
    written.forEach(
        (key, object) -> {
          HasMetadata cached = found.get(key);
          boolean newer = cached == null || Desk.version(object) > Desk.version(cached);
          if (type.isInstance(object) && newer) {
            found.put(key, object);
          }
        });
    Set<HasMetadata> owned = new LinkedHashSet<>();
    for (HasMetadata object : found.values()) {
      if (owners(object).contains(owner)) {
        owned.add(object);
      }
    }
    return owned;
  }

  @Override
  public void written(HasMetadata object) {
    written.put(key(object), object);
  }

  private <R extends HasMetadata> void add(
      KubernetesClient client, Class<R> type, String selector, Consumer<ResourceID> changed) {
    SharedIndexInformer<R> informer =
        client.resources(type).inAnyNamespace().withLabelSelector(selector).runnableInformer(0);
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(R added) {
            heard(added);
          }

          @Override
          public void onUpdate(R before, R after) {
            heard(after);
          }

          @Override
          public void onDelete(R deleted, boolean unknown) {
            heard(deleted);
          }

          private void heard(R object) {
            HasMetadata mine = written.get(key(object));
            if (mine != null && Desk.version(object) >= Desk.version(mine)) {
              written.remove(key(object));
            }
            owners(object).forEach(changed);
          }
        });
    informers.put(type, informer);
  }

  private static List<ResourceID> owners(HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .filter(owner -> owner.getKind().equals("ModelDeployment"))
        .map(owner -> new ResourceID(owner.getName(), object.getMetadata().getNamespace()))
        .toList();
  }

  private static String key(HasMetadata object) {
    return "%s %s/%s"
        .formatted(
            object.getKind(), object.getMetadata().getNamespace(), object.getMetadata().getName());
  }
}
