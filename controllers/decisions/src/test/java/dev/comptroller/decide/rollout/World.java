package dev.comptroller.decide.rollout;

import dev.comptroller.decide.rollout.RolloutSeen.Prestage;
import dev.comptroller.decide.rollout.RolloutSeen.Prestage.Outcome;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaSeen;
import dev.comptroller.decide.rollout.RolloutSeen.ReplicaState;
import dev.comptroller.decide.rollout.RolloutSeen.VariantSeen;
import dev.comptroller.decide.rollout.RolloutSeen.Warmth;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A cluster of one pool that moves a second at a time, and an operator in it that may die between
/// any two writes and look at an old picture.
final class World {
  static final Instant START = Instant.parse("2026-11-01T00:00:00Z");

  /// What can go wrong.
  ///
  /// @param crash percent of writes after which the operator dies
  /// @param failedStart percent of starts that fail
  /// @param death percent a second of ready replicas that die
  /// @param failedWarmUp percent of warm-ups that fail
  /// @param failedRead percent of prestages that fail
  /// @param stale most seconds that a view is old
  record Faults(
      int crash, int failedStart, int death, int failedWarmUp, int failedRead, int stale) {
    static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0);
  }

  private record Asked(int replicas, long revision) {}

  static final class Pod {
    final String uid;
    final String variant;
    ReplicaState state = ReplicaState.Unscheduled;
    Warmth warmth = Warmth.Cold;
    int age;
    long inFlight;

    Pod(String uid, String variant) {
      this.uid = uid;
      this.variant = variant;
    }
  }

  final Random random;
  final Map<String, Integer> gpusOf;
  final int capacity;
  final List<Pod> pods = new ArrayList<>();
  final List<String> trace = new ArrayList<>();
  RolloutState state = RolloutState.NEW;
  Instant now = START;
  int writes;
  int actions;
  private final Map<String, Asked> deployments = new TreeMap<>();
  final Map<String, String> templates = new TreeMap<>();
  private final List<RolloutSeen> pictures = new ArrayList<>();
  private String reader = "";
  private Outcome read = Outcome.None;
  private int made;
  private int lastPicture;

  World(long seed, Map<String, Integer> gpusOf, int capacity) {
    random = new Random(seed);
    this.gpusOf = new TreeMap<>(gpusOf);
    this.capacity = capacity;
    pictures.add(seen());
  }

  /// What is true now.
  RolloutSeen seen() {
    TreeMap<String, VariantSeen> variants = new TreeMap<>();
    int free = capacity - used();
    gpusOf.forEach(
        (variant, gpus) -> {
          Asked asked = deployments.get(variant);
          List<ReplicaSeen> replicas =
              pods.stream()
                  .filter(p -> p.variant.equals(variant))
                  .map(
                      p ->
                          new ReplicaSeen(
                              p.uid, p.state, p.warmth, p.inFlight, now, 10, 0, "seen to fail"))
                  .toList();
          variants.put(
              variant,
              new VariantSeen(
                  gpus,
                  asked != null,
                  asked == null ? 0 : asked.revision(),
                  Math.max(0, free / gpus),
                  0,
                  replicas,
                  asked == null ? "" : templates.getOrDefault(variant, variant)));
        });
    return new RolloutSeen(variants, new Prestage(reader, read, "seen to fail"));
  }

  /// GPUs of all pods that have a node, or wait for one.
  int held() {
    return pods.stream().mapToInt(p -> gpusOf.getOrDefault(p.variant, 1)).sum();
  }

  private int used() {
    return pods.stream()
        .filter(p -> p.state != ReplicaState.Unscheduled)
        .mapToInt(p -> gpusOf.getOrDefault(p.variant, 1))
        .sum();
  }

  int ready(String variant) {
    return (int)
        pods.stream()
            .filter(p -> p.variant.equals(variant) && p.state == ReplicaState.Ready)
            .count();
  }

  /// Whether new requests reach a ready replica.
  boolean serves() {
    return state.legs().stream().anyMatch(l -> l.weight() > 0 && ready(l.variant()) > 0);
  }

  boolean anyReady() {
    return pods.stream().anyMatch(p -> p.state == ReplicaState.Ready);
  }

  Set<String> deployed() {
    return Set.copyOf(deployments.keySet());
  }

  /// The operator looks and acts; it may die on the way. Views never go back in time.
  @Nullable Step reconcile(Goal goal, RolloutPolicy policy, Faults faults) {
    int oldest = Math.max(lastPicture, pictures.size() - 1 - faults.stale());
    int picked = oldest + random.nextInt(pictures.size() - oldest);
    lastPicture = picked;
    boolean fresh = picked == pictures.size() - 1;
    RolloutSeen view = fresh ? seen() : pictures.get(picked);
    Step step = Rollout.next(state, view, goal, policy, now);
    if (!step.state().equals(state)) {
      if (dies(faults)) {
        return null;
      }
      trace.add("%d %s: %s".formatted(second(), step.reason(), step.why()));
      state = step.state();
      writes++;
    }
    for (Intent intent : step.intents()) {
      if (dies(faults)) {
        return null;
      }
      carryOut(intent, faults);
    }
    return fresh ? step : null;
  }

  private boolean dies(Faults faults) {
    return random.nextInt(100) < faults.crash();
  }

  private void carryOut(Intent intent, Faults faults) {
    switch (intent) {
      case Intent.Prestage(String variant) -> {
        if (!reader.equals(variant)) {
          reader = variant;
          read = Outcome.Running;
          actions++;
        }
      }
      case Intent.EndPrestage() -> {
        reader = "";
        read = Outcome.None;
        actions++;
      }
      case Intent.Scale(String variant, int replicas, long revision) -> {
        Asked next = new Asked(replicas, revision);
        Asked before = deployments.put(variant, next);
        if (!next.equals(before)) {
          actions++;
        }
      }
      case Intent.WarmUp(_, List<String> uids) -> {
        Set<String> all = new HashSet<>(uids);
        for (Pod pod : pods) {
          if (all.contains(pod.uid) && pod.state == ReplicaState.Ready) {
            pod.warmth = random.nextInt(100) < faults.failedWarmUp() ? Warmth.Failed : Warmth.Warm;
            actions++;
          }
        }
      }
      case Intent.Expose(_) -> {}
      case Intent.Delete(String variant) -> {
        deployments.remove(variant);
        actions++;
      }
    }
  }

  /// A second passes.
  void tick(Faults faults) {
    now = now.plusSeconds(1);
    if (read == Outcome.Running && random.nextInt(3) == 0) {
      read = random.nextInt(100) < faults.failedRead() ? Outcome.Failed : Outcome.Done;
    }
    for (String variant : gpusOf.keySet()) {
      Asked asked = deployments.get(variant);
      int wanted = asked == null ? 0 : asked.replicas();
      List<Pod> alive =
          new ArrayList<>(
              pods.stream()
                  .filter(p -> p.variant.equals(variant) && p.state != ReplicaState.Leaving)
                  .toList());
      while (alive.size() > wanted) {
        // As a ReplicaSet does: those that do not serve go first.
        Pod victim =
            alive.stream()
                .filter(p -> p.state != ReplicaState.Ready)
                .findFirst()
                .orElse(alive.get(random.nextInt(alive.size())));
        alive.remove(victim);
        victim.state = ReplicaState.Leaving;
        victim.age = 0;
      }
      for (int i = alive.size(); i < wanted; i++) {
        pods.add(new Pod(variant + "-" + ++made, variant));
      }
    }
    pods.removeIf(p -> p.state == ReplicaState.Leaving && p.age > 1 + random.nextInt(4));
    for (Pod pod : pods) {
      move(pod, faults);
    }
    pictures.add(seen());
  }

  private void move(Pod pod, Faults faults) {
    pod.age++;
    switch (pod.state) {
      case Unscheduled -> {
        if (used() + gpusOf.getOrDefault(pod.variant, 1) <= capacity) {
          pod.state = ReplicaState.Starting;
        }
      }
      case Starting, Failing -> {
        if (random.nextInt(3) == 0) {
          pod.state =
              random.nextInt(100) < faults.failedStart()
                  ? ReplicaState.Failing
                  : ReplicaState.Ready;
        }
      }
      case Ready -> {
        int weight = state.leg(pod.variant).map(Leg::weight).orElse(0);
        pod.inFlight = weight > 0 ? random.nextInt(5) : Math.max(0, pod.inFlight - 1);
        if (random.nextInt(100) < faults.death()) {
          pod.state = ReplicaState.Failing;
          pod.warmth = Warmth.Cold;
        }
      }
      case Leaving -> pod.inFlight = 0;
    }
  }

  long second() {
    return now.getEpochSecond() - START.getEpochSecond();
  }
}
