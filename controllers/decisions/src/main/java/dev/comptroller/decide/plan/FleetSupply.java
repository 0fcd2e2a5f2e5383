package dev.comptroller.decide.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What all pools can give.
///
/// @param pools pools by name, each once
public record FleetSupply(List<PoolSupply> pools) {
  public FleetSupply {
    pools = pools.stream().sorted(Comparator.comparing(PoolSupply::pool)).toList();
    if (pools.stream().map(PoolSupply::pool).distinct().count() < pools.size()) {
      throw new IllegalArgumentException("a pool is there twice");
    }
  }

  /// The same with this pool in place of the one of its name.
  public FleetSupply with(PoolSupply pool) {
    List<PoolSupply> all = new ArrayList<>(pools);
    all.removeIf(each -> each.pool().equals(pool.pool()));
    all.add(pool);
    return new FleetSupply(all);
  }
}
