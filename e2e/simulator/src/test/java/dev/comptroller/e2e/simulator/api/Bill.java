package dev.comptroller.e2e.simulator.api;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What replicas cost by the life of their pods alone: the independent computation.
///
/// Exact: whole seconds times GPUs times the price of a node hour in force, added up as one
/// fraction, rounded half up once. A pod whose node vanished under it lasts until somebody wrote
/// down that it is over, and a pod whose node that somebody never saw costs the highest price.
final class Bill {
  private static final int GPUS_PER_NODE = 8;

  private final Map<String, Life> lives = new LinkedHashMap<>();
  private final Map<String, TreeMap<Instant, Map<String, Long>>> prices = new TreeMap<>();

  /// The life of a pod.
  static final class Life {
    final String namespace;
    final String pool;
    final String type;
    final int gpus;
    final String node;
    final Instant start;
    @Nullable Instant end;
    @Nullable Instant recorded;
    long recorder;
    long nodeGone = Long.MAX_VALUE;

    Life(String namespace, String pool, String type, int gpus, String node, Instant start) {
      this.namespace = namespace;
      this.pool = pool;
      this.type = type;
      this.gpus = gpus;
      this.node = node;
      this.start = start;
    }
  }

  /// From `at` on, a node of `pool` costs `microsPerHour` by capacity type.
  void price(String pool, Instant at, Map<String, Long> microsPerHour) {
    TreeMap<Instant, Map<String, Long>> track = prices.computeIfAbsent(pool, _ -> new TreeMap<>());
    track.put(track.isEmpty() ? Instant.MIN : at, Map.copyOf(microsPerHour));
  }

  /// The pod with `uid` holds GPUs from now on.
  void begin(String uid, Life life) {
    lives.put(uid, life);
  }

  /// The pod with `uid` held its GPUs until `at`.
  void end(String uid, Instant at) {
    Life life = lives.get(uid);
    if (life != null && life.end == null) {
      life.end = at.isBefore(life.start) ? life.start : at;
    }
  }

  /// The node called `name` is gone since `version`.
  void gone(String name, long version) {
    lives.values().stream()
        .filter(life -> life.node.equals(name) && life.recorded == null)
        .forEach(life -> life.nodeGone = version);
  }

  /// A process that started from `version` wrote down at `at` that the pod with `uid` is over.
  void recorded(String uid, Instant at, long since) {
    Life life = lives.get(uid);
    if (life != null && life.recorded == null) {
      life.recorded = at;
      life.recorder = since;
    }
  }

  /// Number of pods that held GPUs.
  int size() {
    return lives.size();
  }

  /// Pods of which the truth is not known.
  long lost() {
    return lives.values().stream()
        .filter(life -> life.end == null && life.recorded != null)
        .count();
  }

  /// Pods on nodes that their recorder never saw.
  long unseen() {
    return lives.values().stream()
        .filter(life -> life.recorded != null && life.recorder >= life.nodeGone)
        .count();
  }

  /// Micro-dollars that `namespace` spent from `from` to `until`, as a process that started from
  /// version `reader` has to see it at `now`.
  long spent(String namespace, Instant from, Instant until, long reader, Instant now) {
    BigInteger sum = BigInteger.ZERO;
    for (Life life : lives.values()) {
      if (life.namespace.equals(namespace)) {
        Instant end = life.end != null ? life.end : life.recorded != null ? life.recorded : now;
        long since = life.recorded != null ? life.recorder : reader;
        boolean unseen = since >= life.nodeGone;
        sum = sum.add(cost(life, unseen, later(life.start, from), earlier(end, until)));
      }
    }
    BigInteger per = BigInteger.valueOf(GPUS_PER_NODE * 3600L);
    return sum.shiftLeft(1).add(per).divide(per.shiftLeft(1)).longValueExact();
  }

  private BigInteger cost(Life life, boolean unseen, Instant from, Instant until) {
    BigInteger sum = BigInteger.ZERO;
    TreeMap<Instant, Map<String, Long>> track = Objects.requireNonNull(prices.get(life.pool));
    List<Map.Entry<Instant, Map<String, Long>>> cuts = new ArrayList<>(track.entrySet());
    for (int i = 0; i < cuts.size(); i++) {
      Instant start = later(cuts.get(i).getKey(), from);
      Instant end = i + 1 < cuts.size() ? earlier(cuts.get(i + 1).getKey(), until) : until;
      if (start.isBefore(end)) {
        Map<String, Long> price = cuts.get(i).getValue();
        long rate =
            unseen
                ? price.values().stream().mapToLong(Long::longValue).max().orElseThrow()
                : price.getOrDefault(life.type, 0L);
        sum =
            sum.add(
                BigInteger.valueOf(Duration.between(start, end).toSeconds())
                    .multiply(BigInteger.valueOf(life.gpus))
                    .multiply(BigInteger.valueOf(rate)));
      }
    }
    return sum;
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }
}
