package dev.comptroller.decide.share;

import dev.comptroller.decide.cost.Price;
import dev.comptroller.decide.cost.PriceBook;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.HourlyRate;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Made-up wishes and pools: a GPU costs $4 an hour.
final class Wished {
  static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
  static final Duration SETTLE = Duration.ofMinutes(1);

  private static final HourlyRate GPU = HourlyRate.parse("4");

  private Wished() {}

  static Variant variant(String name, String pool, int gpus, String quality) {
    return new Variant(name, pool, gpus, new BigDecimal(quality), 0, "", 8, null, null, 70);
  }

  static Way way(String name, String pool, int gpus, String quality, int replicas, int running) {
    return new Way(variant(name, pool, gpus, quality), replicas, GPU.times(gpus), running);
  }

  /// One rung `q4` of a GPU in pool `h100`.
  static Way q4(int replicas, int running) {
    return way("q4", "h100", 1, "0.8", replicas, running);
  }

  static Wish wish(String key, int priority, Way... ways) {
    return new Making(key, priority).of(ways);
  }

  /// A wish with all its members.
  static final class Making {
    private final String key;
    private final int priority;
    private int weight = 100;
    private int fewest;
    private int firm;
    private boolean breaks;
    private @Nullable String bound;

    Making(String key, int priority) {
      this.key = key;
      this.priority = priority;
    }

    Making weight(int value) {
      weight = value;
      return this;
    }

    Making fewest(int value) {
      fewest = value;
      return this;
    }

    Making firm(int value) {
      firm = value;
      return this;
    }

    Making breaks() {
      breaks = true;
      return this;
    }

    Making bound(String value) {
      bound = value;
      return this;
    }

    Wish of(Way... ways) {
      int slash = key.indexOf('/');
      return new Wish(
          key.substring(0, slash),
          key.substring(slash + 1),
          priority,
          weight,
          fewest,
          firm,
          breaks,
          bound,
          Duration.ofMinutes(3),
          Duration.ofMinutes(10),
          List.of(ways));
    }
  }

  /// A pool of ready nodes; `used` GPUs of each are held.
  static Pool pool(String name, int perNode, int growth, int... used) {
    List<Pool.Node> nodes = new ArrayList<>();
    for (int i = 0; i < used.length; i++) {
      nodes.add(new Pool.Node(name + "-" + i, CapacityType.OnDemand, true, perNode, used[i]));
    }
    return new Pool(
        name,
        "NVIDIA-H100",
        new PriceBook(perNode, List.of(Price.always(CapacityType.OnDemand, GPU.times(perNode)))),
        null,
        nodes,
        growth == 0 ? new TreeMap<>() : new TreeMap<>(Map.of(CapacityType.OnDemand, growth)));
  }

  static FleetSeen seen(List<Pool> pools, Wish... wishes) {
    Map<String, Wish> named = new TreeMap<>();
    Stream.of(wishes).forEach(wish -> named.put(wish.key(), wish));
    Map<String, Pool> known = new TreeMap<>();
    pools.forEach(pool -> known.put(pool.name(), pool));
    return FleetSeen.of(named, known, Map.of(), Map.of());
  }

  static Sharing share(FleetSeen seen) {
    return Sharing.next(Sharing.NONE, seen, SETTLE, NOW);
  }

  /// A share in words: `2 x q4`.
  static String line(Sharing sharing, String key) {
    return sharing
        .of(key)
        .map(share -> "%d x %s".formatted(share.replicas(), share.variant()))
        .orElse("free");
  }
}
