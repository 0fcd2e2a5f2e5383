package dev.comptroller.reconcile.provision;

import dev.comptroller.api.v1alpha1.GpuNodePool;
import dev.comptroller.decide.fleet.CapacityType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the provisioner of a pool is told.
///
/// @param pool the pool
/// @param targets nodes to keep, by capacity type
/// @param leaving nodes that take no new pods and may go first
/// @param drained those of them that hold no GPU any more: they are the ones to remove
public record Order(
    GpuNodePool pool,
    SortedMap<CapacityType, Integer> targets,
    List<String> leaving,
    List<String> drained) {
  public Order {
    targets = Collections.unmodifiableSortedMap(new TreeMap<>(targets));
    leaving = List.copyOf(leaving);
    drained = List.copyOf(drained);
  }

  /// An order with these targets.
  public static Order of(
      GpuNodePool pool,
      Map<CapacityType, Integer> targets,
      List<String> leaving,
      List<String> drained) {
    return new Order(pool, new TreeMap<>(targets), leaving, drained);
  }

  /// Name of the pool.
  public String name() {
    return pool.getMetadata().getName();
  }
}
