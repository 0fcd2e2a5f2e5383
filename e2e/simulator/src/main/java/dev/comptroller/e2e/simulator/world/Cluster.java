package dev.comptroller.e2e.simulator.world;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.e2e.simulator.world.Pod.Node;
import dev.comptroller.e2e.simulator.world.Pod.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Nodes and pods, and what the cluster does with them by itself.
///
/// It keeps as many pods of a variant as are wanted, puts them on the cheapest nodes with
/// free GPUs, starts them, lets them drain, and loses spot nodes. It knows nothing of money.
public final class Cluster {
  private static final long BACKOFF_LIMIT = 300;

  private final Agenda agenda;
  private final Faults faults;
  private final Chance chance;
  private final Map<String, PriceTrack> prices = new TreeMap<>();
  private final Map<String, Node> nodes = new TreeMap<>();
  private final Map<String, ReplicaSet> sets = new TreeMap<>();
  private final List<Pod> pods = new ArrayList<>();
  private final Map<String, Purse> purses = new TreeMap<>();
  private final Map<String, Purse> unforeseen = new TreeMap<>();
  private long created;
  private long lostNodes;
  private long failedStarts;
  private Runnable listener = () -> {};

  /// An empty cluster.
  public Cluster(Agenda agenda, Faults faults, Chance chance) {
    this.agenda = agenda;
    this.faults = faults;
    this.chance = chance;
  }

  /// Adds a pool without nodes.
  public void addPool(String pool, PriceTrack track) {
    prices.put(pool, track);
  }

  /// Adds nodes to a pool.
  public void addNodes(String pool, CapacityType type, int count) {
    int gpus = track(pool).gpusPerNode();
    for (int i = 0; i < count; i++) {
      addNode(new Node("%s-%s-%03d".formatted(pool, type.label(), i), pool, type, gpus));
    }
  }

  /// Calls `change` whenever a pod got further.
  public void onChange(Runnable change) {
    listener = change;
  }

  /// Prices by pool.
  public Map<String, PriceTrack> prices() {
    return prices;
  }

  /// Nodes that the API server shows.
  public List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  /// Pods that the API server shows: gone ones until they are forgotten.
  public List<Pod> pods() {
    return pods;
  }

  /// GPUs of all nodes of a pool.
  public int gpus(String pool) {
    return nodes.values().stream()
        .filter(node -> node.pool().equals(pool))
        .mapToInt(Node::gpus)
        .sum();
  }

  /// GPUs of a pool that pods hold.
  public int usedGpus(String pool) {
    return pods.stream()
        .filter(pod -> pod.holdsGpus() && pod.set().pool().equals(pool))
        .mapToInt(pod -> pod.set().gpus())
        .sum();
  }

  /// GPUs that pods of a namespace hold.
  public long heldGpus(String namespace) {
    long held = 0;
    for (Pod pod : pods) {
      held += pod.holdsGpus() && pod.set().namespace().equals(namespace) ? pod.set().gpus() : 0;
    }
    return held;
  }

  /// GPUs of a node that pods hold.
  public int usedGpus(Node node) {
    int used = 0;
    for (Pod pod : pods) {
      used += pod.holdsGpus() && node.equals(pod.node()) ? pod.set().gpus() : 0;
    }
    return used;
  }

  /// Spot nodes lost so far.
  public long lostNodes() {
    return lostNodes;
  }

  /// Starts that failed so far.
  public long failedStarts() {
    return failedStarts;
  }

  /// What a namespace's pods cost since its purse was last emptied.
  public Purse purse(String namespace) {
    return purses.computeIfAbsent(namespace, _ -> new Purse());
  }

  /// The pods of a variant.
  public ReplicaSet set(ReplicaSet like) {
    return sets.computeIfAbsent(like.key(), _ -> like);
  }

  /// All variants that pods were ever wanted of.
  public List<ReplicaSet> sets() {
    return List.copyOf(sets.values());
  }

  /// Wants this many pods of a variant; surplus pods leave, the least useful first.
  public void scale(ReplicaSet set, int count, long revision) {
    set.want(count, revision);
    trim(set);
    fill(set);
    place();
  }

  /// Wants no pods of a variant any more, and removes its Deployment.
  public void delete(ReplicaSet set) {
    set.delete();
    trim(set);
  }

  /// Sends first requests to pods; they are warm a little later.
  public void warm(Pod pod) {
    agenda.after(chance.between(1, 5), pod::warm);
  }

  private void trim(ReplicaSet set) {
    List<Pod> staying = staying(set);
    staying.sort(
        Comparator.comparing(Pod::phase)
            .thenComparing(Comparator.comparingLong(Pod::readyAt).reversed())
            .thenComparing(Pod::uid));
    for (Pod pod : staying.subList(0, Math.max(0, staying.size() - set.wanted()))) {
      leave(pod);
    }
  }

  /// Forgets a pod that has ended.
  public void forget(Pod pod) {
    if (pod.phase() != Phase.Gone) {
      throw new IllegalStateException("pod %s has not ended".formatted(pod.uid()));
    }
    pods.remove(pod);
  }

  /// What of [#purse] was the rise of prices that nobody could have acted upon.
  public Purse unforeseen(String namespace) {
    return unforeseen.computeIfAbsent(namespace, _ -> new Purse());
  }

  /// Charges what holds GPUs from the present until `second`; prices must not change between.
  ///
  /// @param known the prices that somebody could have acted upon
  public void charge(long second, PriceTrack.Known known) {
    long seconds = second - agenda.now();
    if (seconds == 0) {
      return;
    }
    for (Pod pod : pods) {
      @Nullable Node node = pod.node();
      if (node != null && pod.holdsGpus()) {
        PriceTrack track = track(node.pool());
        long price = track.micros(node.type(), agenda.now());
        long rise = price - track.micros(node.type(), agenda.now(), known);
        String payer = pod.set().namespace();
        purse(payer).add(price, pod.set().gpus(), track.gpusPerNode(), seconds);
        if (rise > 0) {
          unforeseen(payer).add(rise, pod.set().gpus(), track.gpusPerNode(), seconds);
        }
      }
    }
  }

  /// The next second at which a price changes; `otherwise` if that is sooner.
  public long nextPrice(long otherwise) {
    long next = otherwise;
    for (PriceTrack track : prices.values()) {
      next = track.nextChange(agenda.now(), next);
    }
    return next;
  }

  private PriceTrack track(String pool) {
    PriceTrack track = prices.get(pool);
    if (track == null) {
      throw new IllegalStateException("no pool " + pool);
    }
    return track;
  }

  private List<Pod> staying(ReplicaSet set) {
    List<Pod> staying = new ArrayList<>();
    for (Pod pod : pods) {
      if (pod.set() == set && pod.isStaying()) {
        staying.add(pod);
      }
    }
    return staying;
  }

  private void fill(ReplicaSet set) {
    for (int missing = set.wanted() - staying(set).size(); missing > 0; missing--) {
      pods.add(new Pod("pod-%06d".formatted(++created), set));
    }
  }

  private void place() {
    for (Pod pod : List.copyOf(pods)) {
      if (pod.phase() == Phase.Pending) {
        room(pod.set()).ifPresent(node -> start(pod, node));
      }
    }
  }

  private Optional<Node> room(ReplicaSet set) {
    return nodes.values().stream()
        .filter(node -> node.pool().equals(set.pool()))
        .filter(node -> node.gpus() - usedGpus(node) >= set.gpus())
        .min(
            Comparator.comparingLong(node -> track(node.pool()).micros(node.type(), agenda.now())));
  }

  private void start(Pod pod, Node node) {
    pod.place(node, agenda.now());
    tryStart(pod, faults.pull());
  }

  private void tryStart(Pod pod, long before) {
    int attempt = pod.retry();
    boolean fails = chance.happens(faults.failedStart());
    long time = before + faults.load() + (fails ? 0 : faults.warm());
    agenda.after(
        Math.max(1, time),
        () -> {
          if (pod.phase() != Phase.Starting) {
            return;
          }
          if (fails) {
            failedStarts++;
            tryStart(pod, Math.min(BACKOFF_LIMIT, 10L << Math.min(attempt, 5)));
          } else {
            pod.ready(agenda.now());
            listener.run();
          }
        });
  }

  private void leave(Pod pod) {
    if (pod.phase() == Phase.Pending) {
      pods.remove(pod);
      return;
    }
    long drain = pod.phase() == Phase.Ready ? chance.between(1, faults.drain()) : 0;
    pod.leave(agenda.now());
    agenda.after(drain + chance.between(1, faults.teardown()), () -> end(pod, false));
  }

  private void end(Pod pod, boolean upperBound) {
    if (pod.phase() == Phase.Gone) {
      return;
    }
    pod.end(agenda.now(), upperBound);
    fill(pod.set());
    place();
    listener.run();
  }

  private void addNode(Node node) {
    nodes.put(node.name(), node);
    if (node.type() == CapacityType.Spot && faults.spotLossSeconds() > 0) {
      agenda.after(chance.gap(faults.spotLossSeconds()), () -> lose(node));
    }
    place();
  }

  /// A spot node goes: with notice its pods drain, without they stop at once and it is seen later.
  private void lose(Node node) {
    lostNodes++;
    boolean announced = chance.happens(faults.notice());
    nodes.remove(node.name());
    for (Pod pod : List.copyOf(pods)) {
      if (!node.equals(pod.node()) || pod.phase() == Phase.Gone) {
        continue;
      }
      if (announced) {
        if (pod.isStaying()) {
          leave(pod);
          fill(pod.set());
        }
        agenda.after(faults.noticeSeconds(), () -> end(pod, false));
      } else {
        pod.die();
        agenda.after(chance.between(40, faults.unseenSeconds()), () -> end(pod, true));
      }
    }
    place();
    agenda.after(chance.gap(faults.spotBackSeconds()), () -> addNode(node));
  }
}
