package dev.comptroller.decide.rollout;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the cluster and the engines show of all variants of a deployment. It may be older than the
/// last write.
///
/// @param variants what is seen of each variant that has a Deployment, replicas, or a rung
/// @param prestage the reading of weights, for the one variant that it is for
public record RolloutSeen(SortedMap<String, VariantSeen> variants, Prestage prestage) {
  public RolloutSeen {
    variants = Collections.unmodifiableSortedMap(new TreeMap<>(variants));
  }

  /// What is seen of `variant`.
  public VariantSeen of(String variant) {
    VariantSeen seen = variants.get(variant);
    return seen == null ? VariantSeen.NONE : seen;
  }

  /// What is seen of one variant.
  ///
  /// @param gpus GPUs of one replica
  /// @param exists whether it has a Deployment
  /// @param revision number of the request that its Deployment shows; 0 if it shows none
  /// @param room how many more replicas its pool has room for
  /// @param coming how many of them would run on nodes that have not come yet
  /// @param replicas its replicas that have not ended, those that are leaving included
  /// @param template digest of what all of its replicas are made of; empty if that is not known, or
  ///   not the same for all
  public record VariantSeen(
      int gpus,
      boolean exists,
      long revision,
      int room,
      int coming,
      List<ReplicaSeen> replicas,
      String template) {
    /// A variant in a pool whose nodes are all there, made of what nobody knows.
    public VariantSeen(
        int gpus, boolean exists, long revision, int room, List<ReplicaSeen> replicas) {
      this(gpus, exists, revision, room, 0, replicas, "");
    }

    static final VariantSeen NONE = new VariantSeen(1, false, 0, 0, List.of());

    public VariantSeen {
      if (gpus < 1) {
        throw new IllegalArgumentException("a replica of %d GPUs".formatted(gpus));
      }
      replicas = List.copyOf(replicas);
    }

    int ready() {
      return (int) replicas.stream().filter(ReplicaSeen::isReady).count();
    }

    int warm() {
      return (int) replicas.stream().filter(r -> r.isReady() && r.warmth() == Warmth.Warm).count();
    }

    int leaving() {
      return (int) replicas.stream().filter(r -> r.state() == ReplicaState.Leaving).count();
    }

    int placed() {
      return (int)
          replicas.stream()
              .filter(
                  r -> r.state() != ReplicaState.Unscheduled && r.state() != ReplicaState.Leaving)
              .count();
    }
  }

  /// One replica.
  ///
  /// @param uid pod uid
  /// @param state how far it is
  /// @param warmth whether it has answered a request
  /// @param inFlight requests that it works on or holds; absent while that is not known
  /// @param inFlightAt when they were counted; absent while that is not known
  /// @param answered requests that it ended well
  /// @param errors requests that it ended in error
  /// @param problem why it is not further; absent if nothing is wrong
  public record ReplicaSeen(
      String uid,
      ReplicaState state,
      Warmth warmth,
      @Nullable Long inFlight,
      @Nullable Instant inFlightAt,
      long answered,
      long errors,
      @Nullable String problem) {
    boolean isReady() {
      return state == ReplicaState.Ready;
    }
  }

  /// How far a replica is.
  public enum ReplicaState {
    /// Without a node.
    Unscheduled,
    /// On a node, not ready.
    Starting,
    /// It ran and does not any more, or cannot start.
    Failing,
    /// Ready.
    Ready,
    /// Asked to leave.
    Leaving
  }

  /// Whether a replica has answered a request of ours.
  public enum Warmth {
    /// Not asked yet, or not answered yet.
    Cold,
    /// It answered.
    Warm,
    /// It did not, again and again.
    Failed
  }

  /// How the reading of weights goes.
  ///
  /// @param variant whose weights; empty if nothing is read
  /// @param outcome how far it is
  /// @param message what went wrong, or how much was read; empty if there is nothing to say
  public record Prestage(String variant, Outcome outcome, String message) {
    /// Nothing is read.
    public static final Prestage NONE = new Prestage("", Outcome.None, "");

    /// How far it is.
    public enum Outcome {
      /// There is no reader.
      None,
      /// It reads.
      Running,
      /// All was read, and the digest is right.
      Done,
      /// It cannot be read, or is something else.
      Failed
    }
  }
}
