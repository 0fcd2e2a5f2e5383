package dev.comptroller.reconcile.signals;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.api.v1alpha1.InferenceBudgetStatus;
import dev.comptroller.api.v1alpha1.ModelDeployment;
import dev.comptroller.protocol.Names;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The operator's caches of the cluster: pods that use GPUs, nodes, and all custom resources.
///
/// One watch each, shared by all reconcilers. Only pods that request GPUs or are replicas of ours
/// are kept, and of every object only what is read. Listeners are called on the informer's thread
/// after the cache has changed, with the object as it is or last was; they must not block.
public final class FleetView implements AutoCloseable {
  private static final Comparator<HasMetadata> BY_NAME =
      Comparator.comparing((HasMetadata o) -> String.valueOf(o.getMetadata().getNamespace()))
          .thenComparing(o -> o.getMetadata().getName());

  private final SharedIndexInformer<Pod> pods;
  private final SharedIndexInformer<Node> nodes;
  private final SharedIndexInformer<GpuNodePool> pools;
  private final SharedIndexInformer<ModelDeployment> deployments;
  private final SharedIndexInformer<InferenceBudget> budgets;
  private final Map<String, NodeFacts> everSeen = new ConcurrentHashMap<>();
  private final List<Consumer<Pod>> podListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<NodeFacts>> nodeListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<GpuNodePool>> poolListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<ModelDeployment>> deploymentListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<InferenceBudget>> budgetListeners = new CopyOnWriteArrayList<>();

  /// A view of the cluster that `client` talks to; nothing is watched before [#start].
  public FleetView(KubernetesClient client) {
    pods = client.pods().inAnyNamespace().runnableInformer(0);
    pods.itemStore(new TrimmedStore<>(Trim::pod));
    pods.addIndexers(Map.of("owner", FleetView::owner));
    nodes = client.nodes().runnableInformer(0);
    nodes.itemStore(new TrimmedStore<>(Trim::node));
    pools = client.resources(GpuNodePool.class).runnableInformer(0);
    deployments = client.resources(ModelDeployment.class).inAnyNamespace().runnableInformer(0);
    budgets = client.resources(InferenceBudget.class).inAnyNamespace().runnableInformer(0);
    pods.addEventHandler(handler(Function.identity(), (_, _) -> true, podListeners));
    nodes.addEventHandler(
        handler(
            this::seen,
            (before, after) -> !NodeFacts.of(before).equals(NodeFacts.of(after)),
            nodeListeners));
    pools.addEventHandler(handler(Function.identity(), FleetView::isNewGeneration, poolListeners));
    deployments.addEventHandler(handler(Function.identity(), (_, _) -> true, deploymentListeners));
    budgets.addEventHandler(
        handler(
            Function.identity(),
            (before, after) ->
                isNewGeneration(before, after) || !directing(before).equals(directing(after)),
            budgetListeners));
  }

  /// Starts the watches and waits until all caches are filled.
  ///
  /// @throws IllegalStateException after two minutes without an answer of the API server
  public void start() {
    for (SharedIndexInformer<?> informer : List.of(nodes, pools, pods, deployments, budgets)) {
      try {
        informer.start().toCompletableFuture().get(2, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while caches were filled", e);
      } catch (ExecutionException | TimeoutException e) {
        throw new IllegalStateException(
            "cannot list and watch " + informer.getApiTypeClass().getSimpleName(), e);
      }
    }
  }

  /// Whether all watches run.
  public boolean isWatching() {
    return Stream.of(pods, nodes, pools, deployments, budgets)
        .allMatch(SharedIndexInformer::isWatching);
  }

  /// All pods that use GPUs, ours or not.
  public List<Pod> pods() {
    return sorted(pods.getStore().list());
  }

  /// Our replicas in `namespace`.
  public List<Pod> replicas(String namespace) {
    return sorted(pods.getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace)).stream()
        .filter(PodFacts::isReplica)
        .toList();
  }

  /// The replicas of a ModelDeployment.
  public List<Pod> replicas(String namespace, String deployment) {
    return sorted(pods.getIndexer().byIndex("owner", namespace + "/" + deployment));
  }

  /// All nodes.
  public List<NodeFacts> nodes() {
    return sorted(nodes.getStore().list()).stream().map(NodeFacts::of).toList();
  }

  /// The node called `name`, if it exists.
  public Optional<NodeFacts> node(String name) {
    return Optional.ofNullable(nodes.getStore().getByKey(name)).map(NodeFacts::of);
  }

  /// The node called `name`, or what it last said if it is gone.
  public Optional<NodeFacts> nodeOrLastSeen(String name) {
    return node(name).or(() -> Optional.ofNullable(everSeen.get(name)));
  }

  /// All pools.
  public List<GpuNodePool> pools() {
    return sorted(pools.getStore().list());
  }

  /// The pool called `name`.
  public Optional<GpuNodePool> pool(String name) {
    return Optional.ofNullable(pools.getStore().getByKey(name));
  }

  /// All ModelDeployments.
  public List<ModelDeployment> deployments() {
    return sorted(deployments.getStore().list());
  }

  /// The ModelDeployment called `name` in `namespace`.
  public Optional<ModelDeployment> deployment(String namespace, String name) {
    return Optional.ofNullable(deployments.getStore().getByKey(namespace + "/" + name));
  }

  /// All budgets.
  public List<InferenceBudget> budgets() {
    return sorted(budgets.getStore().list());
  }

  /// The budgets of `namespace`.
  public List<InferenceBudget> budgets(String namespace) {
    return sorted(budgets.getStore().list()).stream()
        .filter(budget -> namespace.equals(budget.getMetadata().getNamespace()))
        .toList();
  }

  /// Calls `listener` when a budget comes, goes, has a new spec or directs something else.
  public void onBudget(Consumer<InferenceBudget> listener) {
    budgetListeners.add(listener);
  }

  /// Calls `listener` when a pod that uses GPUs comes, changes or goes.
  public void onPod(Consumer<Pod> listener) {
    podListeners.add(listener);
  }

  /// Calls `listener` when a node comes, goes or changes in what [NodeFacts] shows.
  public void onNode(Consumer<NodeFacts> listener) {
    nodeListeners.add(listener);
  }

  /// Calls `listener` when a pool comes, goes or has a new spec.
  public void onPool(Consumer<GpuNodePool> listener) {
    poolListeners.add(listener);
  }

  /// Calls `listener` when a ModelDeployment comes, changes or goes.
  public void onDeployment(Consumer<ModelDeployment> listener) {
    deploymentListeners.add(listener);
  }

  @Override
  public void close() {
    Stream.of(pods, nodes, pools, deployments, budgets).forEach(SharedIndexInformer::stop);
  }

  private NodeFacts seen(Node node) {
    NodeFacts facts = NodeFacts.of(node);
    everSeen.put(facts.name(), facts);
    return facts;
  }

  private static List<String> owner(Pod pod) {
    return PodFacts.isReplica(pod)
        ? List.of(
            pod.getMetadata().getNamespace()
                + "/"
                + PodFacts.label(pod, Names.DEPLOYMENT_LABEL).orElse(""))
        : List.of();
  }

  private static <T extends HasMetadata> List<T> sorted(List<T> objects) {
    return objects.stream().sorted(BY_NAME).toList();
  }

  private static <T extends HasMetadata, F> ResourceEventHandler<T> handler(
      Function<T, F> facts, BiPredicate<T, T> differ, List<Consumer<F>> listeners) {
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(T added) {
        tell(added);
      }

      @Override
      public void onUpdate(T before, T after) {
        if (differ.test(before, after)) {
          tell(after);
        }
      }

      @Override
      public void onDelete(T deleted, boolean unknown) {
        tell(deleted);
      }

      private void tell(T object) {
        F fact = facts.apply(object);
        listeners.forEach(listener -> listener.accept(fact));
      }
    };
  }

  /// What others act on in the status of a budget.
  private static List<@Nullable Object> directing(InferenceBudget budget) {
    InferenceBudgetStatus status = budget.getStatus();
    return status == null
        ? List.of()
        : Arrays.asList(
            status.period(),
            status.fundedUntil(),
            status.grants(),
            status.traffic(),
            status.lastValidSpec());
  }

  private static boolean isNewGeneration(HasMetadata before, HasMetadata after) {
    return !Objects.equals(
        before.getMetadata().getGeneration(), after.getMetadata().getGeneration());
  }
}
