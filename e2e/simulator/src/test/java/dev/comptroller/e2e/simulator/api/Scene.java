package dev.comptroller.e2e.simulator.api;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.IndexedResourceCache;
import io.javaoperatorsdk.operator.api.reconciler.ResourceOperations;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.api.reconciler.dependent.managed.ManagedWorkflowAndDependentResourceContext;
import io.javaoperatorsdk.operator.processing.event.EventSourceRetriever;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/// What a reconciler is given: the client, the objects of its own, and writes that the caches know
/// of at once.
///
/// @param primary what is reconciled
/// @param secondaries objects of a class that belong to it
/// @param written told of every object that was written
record Scene<P extends HasMetadata>(
    P primary,
    KubernetesClient client,
    ControllerConfiguration<P> configuration,
    Function<Class<?>, Set<?>> secondaries,
    Consumer<HasMetadata> written)
    implements Context<P> {
  @Override
  public ResourceOperations<P> resourceOperations() {
    return new Operations<>(this);
  }

  @Override
  @SuppressWarnings("unchecked")
  public <R> Set<R> getSecondaryResources(Class<R> type, boolean deduplicate) {
    return (Set<R>) secondaries.apply(type);
  }

  @Override
  public <R> Stream<R> getSecondaryResourcesAsStream(Class<R> type, boolean deduplicate) {
    return getSecondaryResources(type, deduplicate).stream();
  }

  @Override
  public <R> Optional<R> getSecondaryResource(Class<R> type, String eventSource) {
    throw new UnsupportedOperationException("secondary resource of " + eventSource);
  }

  @Override
  public ControllerConfiguration<P> getControllerConfiguration() {
    return configuration;
  }

  @Override
  public KubernetesClient getClient() {
    return client;
  }

  @Override
  public P getPrimaryResource() {
    return primary;
  }

  @Override
  public Optional<RetryInfo> getRetryInfo() {
    return Optional.empty();
  }

  @Override
  public ManagedWorkflowAndDependentResourceContext managedWorkflowAndDependentResourceContext() {
    throw new UnsupportedOperationException("workflows");
  }

  @Override
  public EventSourceRetriever<P> eventSourceRetriever() {
    throw new UnsupportedOperationException("event sources");
  }

  @Override
  public ExecutorService getWorkflowExecutorService() {
    throw new UnsupportedOperationException("workflows");
  }

  @Override
  public IndexedResourceCache<P> getPrimaryCache() {
    throw new UnsupportedOperationException("the cache of primaries");
  }

  @Override
  public boolean isNextReconciliationImminent() {
    return false;
  }

  @Override
  public boolean isPrimaryResourceDeleted() {
    return false;
  }

  @Override
  public boolean isPrimaryResourceFinalStateUnknown() {
    return false;
  }

  /// The framework's writes, without its event sources.
  private static final class Operations<P extends HasMetadata> extends ResourceOperations<P> {
    private final Scene<P> scene;

    Operations(Scene<P> scene) {
      super(scene);
      this.scene = scene;
    }

    @Override
    public <R extends HasMetadata> R serverSideApply(R resource) {
      return seen(scene.client.resource(resource).patch(OperatorProcess.APPLY));
    }

    @Override
    public <R extends HasMetadata> R create(R resource) {
      return seen(scene.client.resource(resource).create());
    }

    @Override
    public P serverSideApplyPrimaryStatus(P resource) {
      return seen(
          scene.client.resource(resource).subresource("status").patch(OperatorProcess.APPLY));
    }

    private <R extends HasMetadata> R seen(R stored) {
      scene.written.accept(stored);
      return stored;
    }
  }
}
