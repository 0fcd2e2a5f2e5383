package dev.comptroller.e2e.simulator.api;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/// One controller without its threads: what is due, and when it is due again.
///
/// As the framework does: an event makes a primary due at once; a failure is tried again after 1 s,
/// then twice as long each time up to 60 s; `rescheduleAfter` and the longest interval hold until
/// the next reconciliation. What it wrote itself it sees at once, unless `forgetful`.
final class Desk<P extends HasMetadata> {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final Comparator<ResourceID> ORDER =
      Comparator.comparing((ResourceID id) -> id.getNamespace().orElse(""))
          .thenComparing(ResourceID::getName);

  private final Reconciler<P> reconciler;
  private final ControllerConfiguration<P> configuration;
  private final KubernetesClient client;
  private final Function<ResourceID, Optional<P>> cache;
  private final Secondaries secondaries;
  private final Pace pace;
  private final TreeMap<ResourceID, Instant> due = new TreeMap<>(ORDER);
  private final Map<ResourceID, Integer> failures = new HashMap<>();
  private final Map<ResourceID, P> written = new HashMap<>();
  private final Map<String, Long> generations = new HashMap<>();

  /// How fast a desk works.
  ///
  /// @param shortest no timer runs out earlier
  /// @param forgetful whether it sees its own writes only when its caches do
  record Pace(Duration shortest, boolean forgetful) {}

  /// Where objects of primaries are found.
  interface Secondaries {
    /// Objects of `type` that belong to the primary at `id`.
    Set<?> of(Class<?> type, ResourceID id);

    /// An object was written.
    void written(HasMetadata object);
  }

  Desk(
      Reconciler<P> reconciler,
      ControllerConfiguration<P> configuration,
      KubernetesClient client,
      Function<ResourceID, Optional<P>> cache,
      Secondaries secondaries,
      Pace pace) {
    this.reconciler = reconciler;
    this.configuration = configuration;
    this.client = client;
    this.cache = cache;
    this.secondaries = secondaries;
    this.pace = pace;
  }

  /// The primary at `id` is to be looked at.
  void poke(ResourceID id, Instant now) {
    if (!failures.containsKey(id)) {
      due.put(id, now);
    }
  }

  /// An event about a primary itself: only a new generation or its end counts.
  void primary(P object, Instant now) {
    ResourceID id = ResourceID.fromResource(object);
    Long generation = object.getMetadata().getGeneration();
    if (cache.apply(id).isEmpty()) {
      generations.remove(object.getMetadata().getUid());
      written.remove(id);
      failures.remove(id);
      due.remove(id);
    } else if (!generation.equals(generations.put(object.getMetadata().getUid(), generation))) {
      failures.remove(id);
      due.put(id, now);
    }
  }

  /// When something is due.
  Optional<Instant> next() {
    return due.values().stream().min(Comparator.naturalOrder());
  }

  /// Reconciles the first primary that is due; whether there was one.
  boolean step(Instant now) {
    for (ResourceID id : due.keySet()) {
      if (!due.get(id).isAfter(now)) {
        due.remove(id);
        latest(id).ifPresent(primary -> reconcile(id, primary, now));
        return true;
      }
    }
    return false;
  }

  private Optional<P> latest(ResourceID id) {
    Optional<P> cached = cache.apply(id);
    P mine = written.get(id);
    if (cached.isEmpty() || mine == null || version(mine) <= version(cached.get())) {
      written.remove(id);
      return cached;
    }
    return Optional.of(mine);
  }

  private void reconcile(ResourceID id, P primary, Instant now) {
    Scene<P> scene =
        new Scene<>(
            client.getKubernetesSerialization().clone(primary),
            client,
            configuration,
            type -> secondaries.of(type, id),
            object -> written(id, primary, object));
    Duration again = LONGEST;
    try {
      UpdateControl<P> control = reconciler.reconcile(scene.primary(), scene);
      if (control.isPatchStatus()) {
        P status = control.getResource().orElseThrow();
        written(
            id,
            primary,
            client.resource(status).subresource("status").patch(OperatorProcess.APPLY));
      }
      failures.remove(id);
      Duration asked = control.getScheduleDelay().map(Duration::ofMillis).orElse(LONGEST);
      again = asked.compareTo(again) < 0 ? asked : again;
    } catch (Exception e) {
      int count = failures.merge(id, 1, Integer::sum);
      again = Duration.ofSeconds(Math.min(60, 1L << Math.min(count - 1, 6)));
      OperatorProcess.LOG.fine(
          () -> "%s of %s failed: %s".formatted(configuration.getName(), id, e));
    }
    Duration wait = again.compareTo(pace.shortest()) < 0 ? pace.shortest() : again;
    due.putIfAbsent(id, now.plus(wait));
  }

  @SuppressWarnings("unchecked")
  private void written(ResourceID id, P primary, HasMetadata object) {
    if (pace.forgetful()) {
      return;
    }
    if (primary.getClass().isInstance(object)) {
      written.put(id, (P) object);
    } else {
      secondaries.written(object);
    }
  }

  static long version(HasMetadata object) {
    return Long.parseLong(object.getMetadata().getResourceVersion());
  }
}
