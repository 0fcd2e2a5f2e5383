package dev.comptroller.reconcile.spend;

import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.ReplicaInterval;
import dev.comptroller.decide.cost.SpendRecord;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.NodeFacts;
import dev.comptroller.reconcile.signals.PodFacts;
import dev.comptroller.reconcile.spend.ReplicaTime.Place;
import dev.comptroller.reconcile.spend.SpendStore.Stored;
import dev.comptroller.reconcile.work.Work;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closes the intervals of replicas that ended: records them, then lets their pods go.
///
/// Every replica carries a finalizer, so none disappears before it is here. For a namespace, each
/// time one of its pods may have ended:
///
/// 1. Read the record and the pods that look ended, fresh from the API server.
/// 2. Add their intervals and uids to the record and write it, refused if it changed meanwhile.
/// 3. Remove the finalizer from each of them, by a patch that holds only for the pod as read.
/// 4. Write the record without the uids whose finalizer is gone.
///
/// A crash between any two steps loses nothing and counts nothing twice: a uid in the record means
/// "recorded, only let it go". None of this needs a budget, the namespace or the node to exist.
/// Nothing is written unless a pod ended.
public final class Meter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Meter.class);
  private static final Duration REMEMBERED = Duration.ofHours(1);
  private static final int PATCH_ATTEMPTS = 5;

  private final KubernetesClient client;
  private final FleetView view;
  private final SpendStore store;
  private final Clock clock;
  private final Supplier<PriceBooks> books;
  private final Work<String> work;
  private final Map<String, Book> ledger = new ConcurrentHashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  /// A meter of the replicas in `view`, at the prices of `books`.
  public Meter(
      KubernetesClient client,
      FleetView view,
      SpendStore store,
      Clock clock,
      Supplier<PriceBooks> books) {
    this(client, view, store, clock, books, Work.Pace.THREADS);
  }

  /// A meter whose work goes at `pace`.
  public Meter(
      KubernetesClient client,
      FleetView view,
      SpendStore store,
      Clock clock,
      Supplier<PriceBooks> books,
      Work.Pace pace) {
    this.work = new Work<>("meter", this::close, pace);
    this.client = client;
    this.view = view;
    this.store = store;
    this.clock = clock;
    this.books = books;
  }

  /// What is known about a namespace.
  ///
  /// @param record closed intervals
  /// @param closed uids closed lately, which the cache of pods may still show, and when
  /// @param problem why the record cannot be read; absent if it can
  private record Book(SpendRecord record, Map<String, Instant> closed, @Nullable String problem) {
    static final Book EMPTY = new Book(SpendRecord.EMPTY, Map.of(), null);
  }

  /// The spend of a namespace as of one moment.
  ///
  /// @param record closed intervals
  /// @param live intervals of replicas that are not in the record
  /// @param problem why the record cannot be read; absent if it can
  public record Reading(SpendRecord record, List<ReplicaInterval> live, @Nullable String problem) {
    public Reading {
      live = List.copyOf(live);
    }
  }

  /// Loads all records, then begins to close intervals. Only the leader may call this.
  public void start() {
    store
        .all((about, problem) -> ledger.put(about, new Book(SpendRecord.EMPTY, Map.of(), problem)))
        .forEach((about, stored) -> publish(about, stored.record(), Set.of()));
    view.onPod(this::look);
    view.onNode(node -> nodeChanged(node.name()));
    Set<String> namespaces = new HashSet<>();
    view.pods().stream()
        .filter(PodFacts::isReplica)
        .forEach(pod -> namespaces.add(pod.getMetadata().getNamespace()));
    ledger.forEach(
        (about, book) -> {
          if (!book.record().uids().isEmpty()) {
            namespaces.add(about);
          }
        });
    namespaces.forEach(work::add);
    work.start();
  }

  /// Calls `listener` with a namespace whose record changed; it must not block.
  public void onChange(Consumer<String> listener) {
    listeners.add(listener);
  }

  /// The namespaces that have spent something or may do so now.
  public SortedSet<String> namespaces() {
    SortedSet<String> names = new TreeSet<>(ledger.keySet());
    view.pods().stream()
        .filter(PodFacts::isReplica)
        .forEach(pod -> names.add(pod.getMetadata().getNamespace()));
    return names;
  }

  /// The spend of `namespace` now.
  public Reading read(String namespace) {
    // Pods before the record: a pod that is closed in between is then in both, and counted once.
    List<Pod> replicas = view.replicas(namespace);
    Book book = ledger.getOrDefault(namespace, Book.EMPTY);
    Instant now = clock.instant();
    List<ReplicaInterval> live = new ArrayList<>();
    for (Pod pod : replicas) {
      String uid = pod.getMetadata().getUid();
      if (PodFacts.isMetered(pod) && !book.closed().containsKey(uid)) {
        switch (ReplicaTime.of(pod, place(pod), now)) {
          case ReplicaTime.Running(ReplicaInterval interval) -> live.add(interval);
          case ReplicaTime.Ended(ReplicaInterval interval) -> live.add(interval);
          case ReplicaTime.Waiting(), ReplicaTime.NeverBound() -> {}
        }
      }
    }
    return new Reading(book.record(), live, book.problem());
  }

  /// The time of `pod` as the caches show it at `now`.
  public ReplicaTime time(Pod pod, Instant now) {
    return ReplicaTime.of(pod, place(pod), now);
  }

  @Override
  public void close() {
    work.close();
  }

  private void look(Pod pod) {
    if (PodFacts.isReplica(pod) && PodFacts.isMetered(pod) && mayBeClosed(pod)) {
      work.add(pod.getMetadata().getNamespace());
    }
  }

  private void nodeChanged(String node) {
    if (view.node(node).isEmpty()) {
      view.pods().stream()
          .filter(pod -> PodFacts.node(pod).filter(node::equals).isPresent())
          .forEach(this::look);
    }
  }

  private boolean mayBeClosed(Pod pod) {
    return switch (ReplicaTime.of(pod, place(pod), clock.instant())) {
      case ReplicaTime.Ended(_), ReplicaTime.NeverBound() -> true;
      case ReplicaTime.Running(_), ReplicaTime.Waiting() -> false;
    };
  }

  /// Closes what ended in `namespace`: the four steps of the class comment.
  private void close(String namespace) {
    Stored stored;
    try {
      stored = store.read(namespace);
    } catch (SpendStore.UnreadableException e) {
      ledger.put(namespace, new Book(SpendRecord.EMPTY, Map.of(), e.getMessage()));
      tell(namespace);
      throw e;
    }
    SpendRecord record = stored.record();
    Map<String, Pod> leaving = new HashMap<>();
    for (Pod cached : view.replicas(namespace)) {
      String uid = cached.getMetadata().getUid();
      if (!PodFacts.isMetered(cached)) {
        continue;
      }
      if (record.isRecorded(uid)) {
        leaving.put(uid, cached);
      } else if (mayBeClosed(cached)) {
        Optional<Pod> fresh = fresh(cached);
        if (fresh.isPresent()) {
          record = closed(fresh.get(), record, leaving);
        }
      }
    }
    if (!record.equals(stored.record())) {
      stored = store.write(namespace, record.pruned(clock.instant()), stored);
    }
    publish(namespace, stored.record(), leaving.keySet());
    leaving.values().forEach(this::release);
    forget(namespace, stored, leaving.keySet());
  }

  private SpendRecord closed(Pod pod, SpendRecord record, Map<String, Pod> leaving) {
    String uid = pod.getMetadata().getUid();
    return switch (ReplicaTime.of(pod, confirmed(pod), clock.instant())) {
      case ReplicaTime.Ended(ReplicaInterval interval) -> {
        leaving.put(uid, pod);
        yield record.record(interval, books.get());
      }
      case ReplicaTime.NeverBound() -> {
        leaving.put(uid, pod);
        yield record;
      }
      case ReplicaTime.Running(_), ReplicaTime.Waiting() -> record;
    };
  }

  private void forget(String namespace, Stored stored, Set<String> released) {
    Set<String> carriers = new HashSet<>();
    for (Pod pod : view.replicas(namespace)) {
      if (PodFacts.isMetered(pod) && !released.contains(pod.getMetadata().getUid())) {
        carriers.add(pod.getMetadata().getUid());
      }
    }
    SpendRecord rest = stored.record();
    for (String uid : stored.record().uids()) {
      if (!carriers.contains(uid)) {
        rest = rest.forget(uid);
      }
    }
    if (!rest.equals(stored.record())) {
      publish(namespace, store.write(namespace, rest, stored).record(), Set.of());
    }
  }

  private void publish(String namespace, SpendRecord record, Set<String> closing) {
    Instant now = clock.instant();
    Map<String, Instant> closed = new HashMap<>();
    ledger
        .getOrDefault(namespace, Book.EMPTY)
        .closed()
        .forEach(
            (uid, at) -> {
              if (at.plus(REMEMBERED).isAfter(now)) {
                closed.put(uid, at);
              }
            });
    closing.forEach(uid -> closed.put(uid, now));
    record.uids().forEach(uid -> closed.put(uid, now));
    ledger.put(namespace, new Book(record, Map.copyOf(closed), null));
    tell(namespace);
  }

  private void tell(String namespace) {
    listeners.forEach(listener -> listener.accept(namespace));
  }

  private Optional<Pod> fresh(Pod pod) {
    Pod now =
        client
            .pods()
            .inNamespace(pod.getMetadata().getNamespace())
            .withName(pod.getMetadata().getName())
            .get();
    return Optional.ofNullable(now)
        .filter(found -> found.getMetadata().getUid().equals(pod.getMetadata().getUid()))
        .filter(PodFacts::isMetered);
  }

  private Place place(Pod pod) {
    Optional<String> node = PodFacts.node(pod);
    Optional<NodeFacts> facts = node.flatMap(view::nodeOrLastSeen);
    return new Place(facts, node.isPresent() && view.node(node.get()).isEmpty());
  }

  /// The place of `pod`, with "gone" asked of the API server, as it closes an interval.
  private Place confirmed(Pod pod) {
    Place cached = place(pod);
    if (!cached.gone()) {
      return cached;
    }
    var node = client.nodes().withName(PodFacts.node(pod).orElseThrow()).get();
    return node == null ? cached : new Place(Optional.of(NodeFacts.of(node)), false);
  }

  private void release(Pod pod) {
    Optional<Pod> target = fresh(pod);
    for (int attempt = 1; target.isPresent(); attempt++) {
      try {
        patchFinalizerAway(target.get());
        return;
      } catch (KubernetesClientException e) {
        // 404: gone already. 409, 422: changed since it was read, so read it again.
        boolean changed = e.getCode() == 409 || e.getCode() == 422;
        if (e.getCode() != 404 && (!changed || attempt == PATCH_ATTEMPTS)) {
          throw e;
        }
        target = fresh(pod);
      }
    }
  }

  private void patchFinalizerAway(Pod pod) {
    List<String> rest =
        pod.getMetadata().getFinalizers().stream()
            .filter(f -> !f.equals(Names.METERING_FINALIZER))
            .toList();
    List<Map<String, Object>> patch =
        List.of(
            Map.of("op", "test", "path", "/metadata/uid", "value", pod.getMetadata().getUid()),
            Map.of(
                "op",
                "test",
                "path",
                "/metadata/resourceVersion",
                "value",
                pod.getMetadata().getResourceVersion()),
            Map.of("op", "replace", "path", "/metadata/finalizers", "value", rest));
    client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .patch(PatchContext.of(PatchType.JSON), client.getKubernetesSerialization().asJson(patch));
    LOG.debug("{} is recorded and let go", pod.getMetadata().getName());
  }
}
