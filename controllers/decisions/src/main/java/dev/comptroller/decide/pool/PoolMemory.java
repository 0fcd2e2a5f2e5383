package dev.comptroller.decide.pool;

import dev.comptroller.decide.fleet.CapacityType;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What one decision about a pool leaves for the next: durable before anything follows from it.
///
/// @param asked what was asked for, by capacity type
/// @param idle since when a node is not needed
/// @param releasing nodes that were told to leave
public record PoolMemory(
    SortedMap<CapacityType, Asked> asked,
    SortedMap<String, Instant> idle,
    SortedMap<String, Release> releasing) {
  /// Nothing was decided yet.
  public static final PoolMemory EMPTY =
      new PoolMemory(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

  public PoolMemory {
    asked = Collections.unmodifiableSortedMap(new TreeMap<>(asked));
    idle = Collections.unmodifiableSortedMap(new TreeMap<>(idle));
    releasing = Collections.unmodifiableSortedMap(new TreeMap<>(releasing));
  }

  /// The memory with these parts.
  public static PoolMemory of(
      Map<CapacityType, Asked> asked, Map<String, Instant> idle, Map<String, Release> releasing) {
    return new PoolMemory(new TreeMap<>(asked), new TreeMap<>(idle), new TreeMap<>(releasing));
  }

  /// Nodes of one capacity type that were asked for.
  ///
  /// @param nodes how many there are to be once everything has come and gone
  /// @param target how many the provisioner is told to keep: those, and those not drained yet
  /// @param present how many were there to stay
  /// @param since since when as many are awaited as now; absent while none is
  /// @param failures how often in a row nodes did not come
  /// @param retryAt when to ask again; absent unless they did not come
  public record Asked(
      int nodes,
      int target,
      int present,
      @Nullable Instant since,
      int failures,
      @Nullable Instant retryAt) {
    static final Asked NOTHING = new Asked(0, 0, 0, null, 0, null);

    /// Nodes that were asked for and had not come.
    public int coming() {
      return Math.max(0, nodes - present);
    }
  }

  /// A node that was told to leave.
  ///
  /// @param reason why
  /// @param since when
  public record Release(Reason reason, Instant since) {}

  /// Why a node was told to leave.
  public enum Reason {
    /// Nothing needed it for long enough.
    Idle,
    /// The pool cost more than its ceiling.
    Ceiling,
    /// There were more nodes than `maxNodes`.
    MaxNodes
  }

  Asked asked(CapacityType type) {
    return asked.getOrDefault(type, Asked.NOTHING);
  }
}
