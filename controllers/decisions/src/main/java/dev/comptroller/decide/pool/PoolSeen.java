package dev.comptroller.decide.pool;

import dev.comptroller.decide.fleet.CapacityType;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The nodes of a pool, what needs them, and what was decided before.
///
/// @param nodes its nodes, those included that are about to leave
/// @param needs replicas that run on it or are to
/// @param memory what the last decision left
public record PoolSeen(List<Node> nodes, List<Need> needs, PoolMemory memory) {
  public PoolSeen {
    nodes = nodes.stream().sorted(Comparator.comparing(Node::name)).toList();
    needs = List.copyOf(needs);
  }

  /// One node.
  ///
  /// @param name node name
  /// @param type how it is paid for
  /// @param ready whether it is ready and takes new pods
  /// @param gpus its GPUs; 0 if it does not say yet
  /// @param usedGpus GPUs that pods hold there, of whomever
  /// @param since when it joined
  /// @param notice why it is about to leave without having been asked to; absent if it is not
  public record Node(
      String name,
      CapacityType type,
      boolean ready,
      int gpus,
      int usedGpus,
      Instant since,
      @Nullable String notice) {}

  /// Replicas of one variant of a deployment.
  ///
  /// @param who the deployment and its variant
  /// @param gpus GPUs of one replica, 1 or more
  /// @param replicas how many run or are to run
  /// @param placed how many of them run on which node
  /// @param priority of the deployment; higher stays longer
  public record Need(
      String who, int gpus, int replicas, SortedMap<String, Integer> placed, int priority) {
    public Need {
      if (gpus < 1 || replicas < 0) {
        throw new IllegalArgumentException(
            "%s: %d replicas of %d GPUs are not 0 or more of 1 or more"
                .formatted(who, replicas, gpus));
      }
      placed = new TreeMap<>(placed);
    }

    /// Replicas of `gpus` GPUs of which `placed` run.
    public Need(String who, int gpus, int replicas, Map<String, Integer> placed, int priority) {
      this(who, gpus, replicas, new TreeMap<>(placed), priority);
    }
  }
}
