package dev.comptroller.reconcile.deployment;

import dev.comptroller.api.v1alpha1.InferenceBudget;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.share.FleetSeen;
import dev.comptroller.decide.share.Share;
import dev.comptroller.decide.share.Sharing;
import dev.comptroller.decide.share.Wish;
import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.protocol.Names;
import dev.comptroller.reconcile.budget.Treasury;
import dev.comptroller.reconcile.signals.FleetView;
import dev.comptroller.reconcile.signals.PodFacts;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Who may have what of pools that cannot serve everybody.
///
/// Every deployment tells its latest wish when it is looked at, and hears its share; those whose
/// share another one's wish changed are woken. In memory alone: a deployment that was not looked at
/// since the process began has no wish, and what its pods hold is nobody else's, so that a restart
/// takes nothing from it. Thread-safe.
public final class FleetShares {
  private final Surroundings surroundings;
  private final Duration settle;
  private final Consumer<Sharing> shown;
  private final Map<String, Wish> wishes = new HashMap<>();
  private final List<BiConsumer<String, String>> listeners = new CopyOnWriteArrayList<>();
  private Sharing sharing = Sharing.NONE;

  /// What wishes are judged by, beside pools.
  public interface Surroundings {
    /// GPUs of each node that are held by pods of no deployment that `wishing` holds for; it is
    /// asked about `namespace/name`.
    Map<String, Integer> others(Predicate<String> wishing);

    /// Dollars an hour that a namespace may spend; empty if any.
    Optional<HourlyRate> allowance(String namespace);
  }

  /// Shares that grow again `settle` after they were cut; `shown` is told of each change.
  public FleetShares(Surroundings surroundings, Duration settle, Consumer<Sharing> shown) {
    this.surroundings = surroundings;
    this.settle = settle;
    this.shown = shown;
  }

  /// What the caches and the budgets in force show.
  public static Surroundings surroundings(FleetView view, Treasury treasury) {
    return new Surroundings() {
      @Override
      public Map<String, Integer> others(Predicate<String> wishing) {
        Map<String, Integer> others = new HashMap<>();
        for (Pod pod : view.pods()) {
          if (!PodFacts.isOver(pod) && !(PodFacts.isReplica(pod) && wishing.test(owner(pod)))) {
            PodFacts.node(pod)
                .ifPresent(node -> others.merge(node, PodFacts.gpus(pod), Integer::sum));
          }
        }
        return others;
      }

      @Override
      public Optional<HourlyRate> allowance(String namespace) {
        return treasury
            .inForce(namespace)
            .filter(
                budget ->
                    treasury
                        .declared(budget)
                        .filter(declared -> declared.hard() && !declared.observe())
                        .isPresent())
            .map(InferenceBudget::getStatus)
            .flatMap(status -> Optional.ofNullable(status.allowedRate()))
            .map(HourlyRate::parse);
      }
    };
  }

  private static String owner(Pod pod) {
    return pod.getMetadata().getNamespace()
        + "/"
        + PodFacts.label(pod, Names.DEPLOYMENT_LABEL).orElse("");
  }

  /// Calls `listener` with namespace and name of a deployment whose share changed because of
  /// another one; on the thread that looks at that one, so it must not block.
  public void onChange(BiConsumer<String, String> listener) {
    listeners.add(listener);
  }

  /// The share of the deployment that wishes so; empty while nothing is short for it.
  Optional<Share> share(Wish wish, SortedMap<String, Pool> pools, Instant now) {
    List<Wish> woken = new ArrayList<>();
    Optional<Share> own;
    synchronized (this) {
      wishes.put(wish.key(), wish);
      woken.addAll(look(pools, now));
      own = sharing.of(wish.key());
    }
    woken.stream().filter(each -> !each.key().equals(wish.key())).forEach(this::wake);
    return own;
  }

  /// Forgets the wish of a deployment that is gone.
  void gone(String namespace, String name) {
    List<Wish> woken;
    synchronized (this) {
      wishes.remove(namespace + "/" + name);
      woken = sharing.shares().isEmpty() ? List.of() : List.copyOf(wishes.values());
    }
    woken.forEach(this::wake);
  }

  private void wake(Wish wish) {
    listeners.forEach(listener -> listener.accept(wish.namespace(), wish.name()));
  }

  /// Shares anew if anything changed; whose share is another one then.
  private List<Wish> look(SortedMap<String, Pool> pools, Instant now) {
    FleetSeen seen =
        FleetSeen.of(wishes, pools, surroundings.others(this::isWishing), allowances());
    if (seen.equals(sharing.seen()) && !sharing.isDue(settle, now)) {
      return List.of();
    }
    Sharing before = sharing;
    sharing = Sharing.next(before, seen, settle, now);
    shown.accept(sharing);
    TreeSet<String> keys = new TreeSet<>(before.shares().keySet());
    keys.addAll(sharing.shares().keySet());
    List<Wish> changed = new ArrayList<>();
    for (String key : keys) {
      Wish wish = wishes.get(key);
      if (wish != null && !Objects.equals(limit(before, key), limit(sharing, key))) {
        changed.add(wish);
      }
    }
    return changed;
  }

  private boolean isWishing(String key) {
    Wish wish = wishes.get(key);
    return wish != null && wish.wantsAny();
  }

  /// What a share lets its deployment do: words about it wake nobody.
  private static List<Object> limit(Sharing sharing, String key) {
    return sharing
        .of(key)
        .map(share -> List.<Object>of(share.variant(), share.replicas()))
        .orElse(List.of());
  }

  private Map<String, HourlyRate> allowances() {
    Map<String, HourlyRate> allowances = new TreeMap<>();
    for (Wish wish : wishes.values()) {
      if (!allowances.containsKey(wish.namespace())) {
        surroundings
            .allowance(wish.namespace())
            .ifPresent(rate -> allowances.put(wish.namespace(), rate));
      }
    }
    return allowances;
  }
}
