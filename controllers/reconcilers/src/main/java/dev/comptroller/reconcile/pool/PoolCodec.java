package dev.comptroller.reconcile.pool;

import dev.comptroller.api.v1alpha1.GpuNodePoolStatus;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.pool.PoolMemory;
import dev.comptroller.decide.pool.PoolMemory.Asked;
import dev.comptroller.decide.pool.PoolMemory.Reason;
import dev.comptroller.decide.pool.PoolMemory.Release;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What decisions about a pool remember, as it stands in the pool's status. Pure.
final class PoolCodec {
  /// As many as the status may hold.
  private static final int MOST = 1000;

  private PoolCodec() {}

  /// What `status` remembers.
  static PoolMemory memory(GpuNodePoolStatus status) {
    Map<CapacityType, Asked> asked = new EnumMap<>(CapacityType.class);
    for (GpuNodePoolStatus.CapacityStatus capacity : status.capacity()) {
      GpuNodePoolStatus.Asked of = capacity.asked();
      if (of != null) {
        asked.put(
            PoolParser.type(capacity.type()),
            new Asked(
                of.nodes(),
                of.target(),
                of.present(),
                instant(of.since()),
                Objects.requireNonNullElse(of.failures(), 0),
                instant(of.retryAt())));
      }
    }
    Map<String, Instant> idle = new HashMap<>();
    status.idle().forEach(node -> idle.put(node.node(), Instant.parse(node.since())));
    Map<String, Release> releasing = new HashMap<>();
    for (GpuNodePoolStatus.Releasing node : status.releasing()) {
      releasing.put(
          node.node(), new Release(Reason.valueOf(node.reason()), Instant.parse(node.since())));
    }
    return PoolMemory.of(asked, idle, releasing);
  }

  /// What was asked for of `type`; absent where nothing can be.
  static GpuNodePoolStatus.@Nullable Asked asked(PoolMemory memory, CapacityType type) {
    Asked asked = memory.asked().get(type);
    return asked == null
        ? null
        : new GpuNodePoolStatus.Asked(
            asked.nodes(),
            asked.target(),
            asked.present(),
            text(asked.since()),
            asked.failures() == 0 ? null : asked.failures(),
            text(asked.retryAt()));
  }

  /// Nodes that nothing needs.
  static List<GpuNodePoolStatus.Idle> idle(PoolMemory memory) {
    List<GpuNodePoolStatus.Idle> idle = new ArrayList<>();
    memory
        .idle()
        .forEach((node, since) -> idle.add(new GpuNodePoolStatus.Idle(node, since.toString())));
    return idle.size() > MOST ? idle.subList(0, MOST) : idle;
  }

  /// Nodes that were told to leave.
  static List<GpuNodePoolStatus.Releasing> releasing(PoolMemory memory) {
    List<GpuNodePoolStatus.Releasing> nodes = new ArrayList<>();
    memory
        .releasing()
        .forEach(
            (node, release) ->
                nodes.add(
                    new GpuNodePoolStatus.Releasing(
                        node, release.reason().name(), release.since().toString())));
    return nodes.size() > MOST ? nodes.subList(0, MOST) : nodes;
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}
