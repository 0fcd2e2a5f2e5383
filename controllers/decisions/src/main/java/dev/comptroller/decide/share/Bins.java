package dev.comptroller.decide.share;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The GPUs of a pool that replicas of deployments with a wish could have, node by node: nodes that
/// are there and nodes that may still come.
///
/// A replica goes where it leaves the least free, so that small ones keep whole nodes free.
final class Bins {
  private static final class Bin {
    final CapacityType type;
    int free;

    Bin(CapacityType type, int free) {
      this.type = type;
      this.free = free;
    }
  }

  /// Replicas of a rung.
  record Count(Variant variant, int replicas) {}

  private final List<Bin> bins = new ArrayList<>();

  /// @param others GPUs by node that are held by somebody else
  Bins(Pool pool, Map<String, Integer> others) {
    for (Pool.Node node : pool.nodes()) {
      // A node that takes no new pods is worth what runs on it.
      int has = node.ready() ? node.gpus() : node.usedGpus();
      bins.add(new Bin(node.type(), Math.max(0, has - others.getOrDefault(node.name(), 0))));
    }
    pool.further()
        .forEach(
            (type, count) -> {
              for (int i = 0; i < count; i++) {
                bins.add(new Bin(type, pool.prices().gpusPerNode()));
              }
            });
  }

  /// Places all of these, the largest first; whether they fit.
  boolean placeAll(List<Count> counts) {
    return counts.stream()
        .sorted(Comparator.comparingInt((Count each) -> -each.variant().gpus()))
        .allMatch(each -> place(each.replicas(), each.variant().gpus()) == each.replicas());
  }

  /// Places as many of `count` replicas as fit; how many that were.
  int place(int count, int gpus) {
    int placed = 0;
    while (placed < count) {
      @Nullable Bin best = null;
      for (Bin bin : bins) {
        if (bin.free >= gpus && (best == null || bin.free < best.free)) {
          best = bin;
        }
      }
      if (best == null) {
        break;
      }
      best.free -= gpus;
      placed++;
    }
    return placed;
  }

  /// How many groups of `gpus` GPUs are free whole, by capacity type.
  Map<CapacityType, Integer> groups(int gpus) {
    Map<CapacityType, Integer> groups = new EnumMap<>(CapacityType.class);
    bins.forEach(bin -> groups.merge(bin.type, bin.free / gpus, Integer::sum));
    return groups;
  }
}
