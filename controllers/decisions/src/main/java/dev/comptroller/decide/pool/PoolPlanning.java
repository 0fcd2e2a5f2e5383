package dev.comptroller.decide.pool;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.pool.PoolMemory.Asked;
import dev.comptroller.decide.pool.PoolMemory.Reason;
import dev.comptroller.decide.pool.PoolMemory.Release;
import dev.comptroller.decide.pool.PoolPlan.Choice;
import dev.comptroller.decide.pool.PoolPlan.Lack;
import dev.comptroller.decide.pool.PoolPolicy.Offer;
import dev.comptroller.decide.pool.PoolSeen.Node;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One decision about a pool while it is made.
final class PoolPlanning {
  private final PoolSeen seen;
  private final PoolPolicy policy;
  private final Instant now;
  private final Map<String, Release> releasing = new TreeMap<>();
  private final Map<String, Instant> idle = new TreeMap<>();
  private final Map<CapacityType, Integer> added = new EnumMap<>(CapacityType.class);
  private final Map<CapacityType, Instant> retries = new EnumMap<>(CapacityType.class);
  private final Map<CapacityType, Integer> failures = new EnumMap<>(CapacityType.class);
  private final Map<CapacityType, Lack> lacks = new EnumMap<>(CapacityType.class);
  private final Map<String, Integer> priorities = new HashMap<>();
  private HourlyRate planned = HourlyRate.ZERO;

  PoolPlanning(PoolSeen seen, PoolPolicy policy, Instant now) {
    this.seen = seen;
    this.policy = policy;
    this.now = now;
    for (Node node : seen.nodes()) {
      Release told = seen.memory().releasing().get(node.name());
      // Who made room took another node, or none: it is of use again.
      boolean forgotten =
          told != null
              && node.usedGpus() == 0
              && !now.isBefore(told.since().plus(policy.pace().startLimit()));
      if (told != null && !forgotten) {
        releasing.put(node.name(), told);
      }
    }
    for (PoolSeen.Need need : seen.needs()) {
      need.placed().forEach((node, _) -> priorities.merge(node, need.priority(), Math::max));
    }
  }

  /// The highest price of a node of `type` from now until the horizon.
  static HourlyRate dearest(PoolPolicy policy, CapacityType type, Instant now) {
    Instant end = now.plus(policy.pace().ahead());
    return Stream.concat(Stream.of(now), policy.prices().changes(now, end).stream())
        .flatMap(at -> policy.prices().inForce(type, at).stream())
        .max(Comparator.naturalOrder())
        .orElseGet(() -> policy.prices().highest(now));
  }

  PoolPlan plan() {
    HourlyRate actual = cost(seen.nodes());
    shed();
    Packing packing =
        new Packing(staying(), this::isUsable, seen.needs(), policy.prices().gpusPerNode());
    rest(packing.used());
    planned = actual;
    policy.offers().forEach(offer -> remember(offer.type()));
    int wanted = packing.newNodes();
    int got = add(wanted);
    PoolMemory memory = memory();
    List<Choice> choices = choices();
    Told told = new Told(seen, policy, releasing, choices, actual, planned);
    return new PoolPlan(
        memory,
        List.copyOf(releasing.keySet()),
        actual,
        planned,
        choices,
        told.outcome(wanted - got, packing, lacks, retries),
        wake(memory));
  }

  // What has to go.

  private void shed() {
    for (Offer offer : policy.offers()) {
      while (present(offer.type()) > offer.maxNodes()) {
        release(node -> node.type() == offer.type(), Reason.MaxNodes);
      }
    }
    HourlyRate ceiling = policy.ceiling();
    while (ceiling != null && cost(staying()).compareTo(ceiling) > 0) {
      release(_ -> true, Reason.Ceiling);
    }
  }

  private void release(Predicate<Node> among, Reason reason) {
    Node victim =
        staying().stream()
            .filter(among)
            .min(
                Comparator.comparing((Node node) -> node.usedGpus() > 0)
                    .thenComparing(node -> priorities.getOrDefault(node.name(), 0))
                    .thenComparing(this::price, Comparator.reverseOrder())
                    .thenComparing(Node::usedGpus)
                    .thenComparing(Node::name))
            .orElseThrow();
    releasing.put(victim.name(), new Release(reason, now));
  }

  /// Nodes that nothing needs: they rest, then leave.
  private void rest(Set<String> used) {
    List<Node> unused =
        staying().stream()
            .filter(node -> !used.contains(node.name()))
            .sorted(
                Comparator.comparing(this::price)
                    .reversed()
                    .thenComparing(Node::name, Comparator.reverseOrder()))
            .toList();
    Map<CapacityType, Integer> spare = new EnumMap<>(CapacityType.class);
    policy
        .offers()
        .forEach(offer -> spare.put(offer.type(), present(offer.type()) - offer.minNodes()));
    for (Node node : unused) {
      if (spare.getOrDefault(node.type(), 0) <= 0) {
        continue;
      }
      spare.merge(node.type(), -1, Integer::sum);
      Instant since = seen.memory().idle().getOrDefault(node.name(), now);
      if (now.isBefore(since.plus(policy.pace().idle()))) {
        idle.put(node.name(), since);
      } else {
        releasing.put(node.name(), new Release(Reason.Idle, now));
      }
    }
  }

  // What is to come.

  /// Whether nodes of `type` that were asked for came, are late, or may be asked for again.
  private void remember(CapacityType type) {
    Asked asked = seen.memory().asked(type);
    Instant since = asked.since();
    boolean came = present(type) > asked.present();
    int failed = came ? 0 : asked.failures();
    Instant retry = came ? null : asked.retryAt();
    boolean late =
        !came
            && asked.coming() > 0
            && since != null
            && !now.isBefore(since.plus(policy.pace().startLimit()));
    if (late) {
      failed++;
      retry = now.plus(policy.pace().wait(failed));
    }
    failures.put(type, failed);
    if (retry != null && now.isBefore(retry)) {
      retries.put(type, retry);
    }
  }

  /// Asks for `wanted` nodes, and those that are missing to `minNodes`; how many of the wanted ones
  /// can be had.
  private int add(int wanted) {
    List<Offer> order = policy.inOrder(now);
    int left = wanted;
    for (Offer offer : order) {
      int missing = offer.minNodes() - present(offer.type());
      left -= take(offer, Math.min(left, missing));
    }
    for (Offer offer : order) {
      int awaited = seen.memory().asked(offer.type()).coming() - added(offer.type());
      left -= take(offer, Math.min(left, awaited));
    }
    for (Offer offer : order) {
      left -= take(offer, left);
    }
    for (Offer offer : order) {
      take(offer, offer.minNodes() - present(offer.type()) - added(offer.type()));
    }
    return wanted - left;
  }

  /// Asks for up to `count` nodes; how many can be had.
  private int take(Offer offer, int count) {
    CapacityType type = offer.type();
    HourlyRate each = dearest(policy, type, now);
    int taken = 0;
    while (taken < count) {
      Lack lack = lack(offer, each);
      if (lack != null) {
        lacks.put(type, lack);
        break;
      }
      planned = planned.plus(each);
      added.merge(type, 1, Integer::sum);
      taken++;
    }
    return taken;
  }

  private @Nullable Lack lack(Offer offer, HourlyRate each) {
    if (retries.containsKey(offer.type())) {
      return Lack.Provisioning;
    }
    if (present(offer.type()) + added(offer.type()) >= offer.maxNodes()) {
      return Lack.MaxNodes;
    }
    return PoolDecision.fits(policy.ceiling(), planned.plus(each)) ? null : Lack.Ceiling;
  }

  // What is remembered.

  private PoolMemory memory() {
    Map<CapacityType, Asked> asked = new EnumMap<>(CapacityType.class);
    for (Offer offer : policy.offers()) {
      CapacityType type = offer.type();
      Asked before = seen.memory().asked(type);
      int here = present(type);
      int coming = added(type);
      boolean goesOn =
          coming > 0
              && coming == before.coming()
              && here == before.present()
              && before.since() != null
              && before.retryAt() == null;
      Instant since = coming == 0 ? null : goesOn ? before.since() : now;
      int undrained =
          (int) leaving().filter(node -> node.type() == type && !isDrained(node)).count();
      asked.put(
          type,
          new Asked(
              here + coming,
              here + coming + undrained,
              here,
              since,
              failures.getOrDefault(type, 0),
              retries.get(type)));
    }
    return PoolMemory.of(asked, idle, releasing);
  }

  /// Whether a node that was told to leave may be taken away. One that leaves by itself stays in
  /// the count until it is gone, so that its replacement comes first.
  private boolean isDrained(Node node) {
    return releasing.containsKey(node.name()) && node.usedGpus() == 0;
  }

  private List<Choice> choices() {
    List<Choice> choices = new ArrayList<>();
    for (Offer offer : policy.inOrder(now)) {
      CapacityType type = offer.type();
      Lack lack = lacks.get(type);
      String verdict = lack == null ? null : verdict(offer, lack);
      HourlyRate each = dearest(policy, type, now);
      choices.add(new Choice(type, each, present(type), added(type), verdict));
    }
    return choices;
  }

  private String verdict(Offer offer, Lack lack) {
    return switch (lack) {
      case Ceiling ->
          "one more would be $%s/h"
              .formatted(planned.plus(dearest(policy, offer.type(), now)).print(2));
      case MaxNodes -> "maxNodes %d".formatted(offer.maxNodes());
      case Provisioning ->
          "nodes did not come within %s, again at %s"
              .formatted(policy.pace().startLimit(), retries.get(offer.type()));
      case ReplicaTooLarge -> "a replica needs more than a node";
    };
  }

  private @Nullable Instant wake(PoolMemory memory) {
    Stream<Instant> rests = idle.values().stream().map(since -> since.plus(policy.pace().idle()));
    Stream<Instant> late =
        memory.asked().values().stream()
            .flatMap(asked -> Optional.ofNullable(asked.since()).stream())
            .map(since -> since.plus(policy.pace().startLimit()));
    Stream<Instant> prices = policy.prices().changes(now, Instant.MAX).stream().limit(1);
    Stream<Instant> rises =
        policy.prices().changes(now, Instant.MAX).stream()
            .map(at -> at.minus(policy.pace().ahead()))
            .filter(at -> at.isAfter(now));
    return Stream.of(rests, late, prices, rises, retries.values().stream())
        .flatMap(at -> at)
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  // What is there.

  private boolean isStaying(Node node) {
    return node.notice() == null && !releasing.containsKey(node.name());
  }

  private List<Node> staying() {
    return seen.nodes().stream().filter(this::isStaying).toList();
  }

  private Stream<Node> leaving() {
    return seen.nodes().stream().filter(node -> !isStaying(node));
  }

  private int present(CapacityType type) {
    return (int) staying().stream().filter(node -> node.type() == type).count();
  }

  private int added(CapacityType type) {
    return added.getOrDefault(type, 0);
  }

  /// Whether a pod that waits may count on the node: it is ready, or has just joined.
  private boolean isUsable(Node node) {
    return node.ready() || now.isBefore(node.since().plus(policy.pace().startLimit()));
  }

  private HourlyRate price(Node node) {
    return policy.prices().quote(node.type(), now).perNodeHour();
  }

  private HourlyRate cost(List<Node> nodes) {
    return nodes.stream().map(this::price).reduce(HourlyRate.ZERO, HourlyRate::plus);
  }

  /// Replicas on nodes: whole ones, large ones first, each where it leaves the least.
  static final class Packing {
    private final Set<String> used = new HashSet<>();
    private final Map<String, Integer> free = new TreeMap<>();
    private final List<Integer> bins = new ArrayList<>();
    private final List<String> tooLarge = new ArrayList<>();
    private final int gpusPerNode;

    Packing(
        List<Node> staying, Predicate<Node> usable, List<PoolSeen.Need> needs, int gpusPerNode) {
      this.gpusPerNode = gpusPerNode;
      for (Node node : staying) {
        int gpus = node.gpus() > 0 ? node.gpus() : gpusPerNode;
        int room = usable.test(node) ? Math.max(0, gpus - node.usedGpus()) : 0;
        free.put(node.name(), room);
        if (node.usedGpus() > 0) {
          used.add(node.name());
        }
      }
      needs.stream()
          .sorted(
              Comparator.comparing(PoolSeen.Need::gpus)
                  .thenComparing(PoolSeen.Need::priority)
                  .reversed()
                  .thenComparing(PoolSeen.Need::who))
          .forEach(this::pack);
    }

    private void pack(PoolSeen.Need need) {
      int placed =
          need.placed().entrySet().stream()
              .filter(entry -> free.containsKey(entry.getKey()))
              .mapToInt(Map.Entry::getValue)
              .sum();
      for (int i = placed; i < need.replicas(); i++) {
        if (need.gpus() > gpusPerNode) {
          tooLarge.add(
              "%s needs %d GPUs on one node and a node has %d"
                  .formatted(need.who(), need.gpus(), gpusPerNode));
          return;
        }
        place(need.gpus());
      }
    }

    private void place(int gpus) {
      Optional<String> node =
          free.entrySet().stream()
              .filter(entry -> entry.getValue() >= gpus)
              .min(
                  Comparator.comparing((Map.Entry<String, Integer> e) -> !used.contains(e.getKey()))
                      .thenComparing(Map.Entry::getValue)
                      .thenComparing(Map.Entry::getKey))
              .map(Map.Entry::getKey);
      if (node.isPresent()) {
        free.merge(node.get(), -gpus, Integer::sum);
        used.add(node.get());
        return;
      }
      for (int i = 0; i < bins.size(); i++) {
        if (bins.get(i) >= gpus) {
          bins.set(i, bins.get(i) - gpus);
          return;
        }
      }
      bins.add(gpusPerNode - gpus);
    }

    /// Nodes that run something or are about to.
    Set<String> used() {
      return used;
    }

    /// Nodes that are missing.
    int newNodes() {
      return bins.size();
    }

    /// Replicas that fit on no node.
    List<String> tooLarge() {
      return tooLarge;
    }
  }
}
