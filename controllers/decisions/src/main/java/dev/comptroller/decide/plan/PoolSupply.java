package dev.comptroller.decide.plan;

import dev.comptroller.decide.units.HourlyRate;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a pool can give.
///
/// @param pool its name
/// @param gpusPerNode GPUs of a node, 1 or more
/// @param ceiling dollars an hour that its nodes, paid ones included, may cost; absent if any
/// @param capacity its nodes by capacity type, each type once
public record PoolSupply(
    String pool, int gpusPerNode, @Nullable HourlyRate ceiling, List<CapacitySupply> capacity) {
  public PoolSupply {
    capacity = capacity.stream().sorted(Comparator.comparing(CapacitySupply::type)).toList();
    if (gpusPerNode < 1) {
      throw new IllegalArgumentException(
          "gpu.perNode of %s is %d, not 1 or more".formatted(pool, gpusPerNode));
    }
    if (capacity.stream().map(CapacitySupply::type).distinct().count() < capacity.size()) {
      throw new IllegalArgumentException("capacity of %s has a type twice".formatted(pool));
    }
  }
}
