package dev.comptroller.protocol.routing;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How requests for one ModelDeployment are served.
///
/// Clients name it `namespace/deployment`, or `deployment` where that is unambiguous.
///
/// @param namespace namespace of the ModelDeployment; it pays for the replicas
/// @param deployment name of the ModelDeployment
/// @param activeVariant the rung that serves now
/// @param why one sentence with numbers that says why `activeVariant` is not the best rung; empty
///     while it is, or while the owner chose it. It changes together with `activeVariant`
/// @param legs every variant with ready replicas or weight, best quality first
/// @param unavailable why nothing is ready; absent when something is
/// @param limits what one request may ask for
/// @param holds how much of a request's worst case is held before it runs
/// @param batch terms of discounted work
/// @param grants who else may call it; its own namespace always may
/// @param pricierFallback whether a dearer leg may take a request that a cheaper one failed
/// @param wake how requests wait for the first replica; absent where none comes because they wait
public record Route(
    String namespace,
    String deployment,
    String activeVariant,
    String why,
    List<Leg> legs,
    @Nullable Unavailable unavailable,
    Limits limits,
    Holds holds,
    Batch batch,
    List<Grant> grants,
    boolean pricierFallback,
    @Nullable Wake wake) {
  public Route {
    legs = List.copyOf(legs);
    grants = List.copyOf(grants);
  }

  /// One variant that serves, or drains.
  ///
  /// @param variant its name
  /// @param quality the owner's figure, larger is better
  /// @param weight its share of new requests among the legs; 0 gets nothing new
  /// @param postedPrice what its tokens are charged at; absent if unknown
  /// @param replicaHourMicros micro-dollars that one replica costs an hour
  /// @param replicaGpus GPUs of one replica; a table that does not say means one
  /// @param replicas its ready replicas, ordered by name
  public record Leg(
      String variant,
      BigDecimal quality,
      int weight,
      @Nullable PostedPrice postedPrice,
      long replicaHourMicros,
      int replicaGpus,
      List<Replica> replicas) {
    public Leg {
      replicaGpus = Math.max(1, replicaGpus);
      replicas = List.copyOf(replicas);
    }

    /// The same leg with other replicas.
    public Leg with(List<Replica> others) {
      return new Leg(variant, quality, weight, postedPrice, replicaHourMicros, replicaGpus, others);
    }
  }

  /// One ready replica.
  ///
  /// @param name pod name
  /// @param address `host:port`
  /// @param maxSequences how many sequences it computes at once
  public record Replica(String name, String address, int maxSequences) {}

  /// Price of a million tokens by class, in micro-dollars.
  ///
  /// @param version rises with every change; usage lines carry it
  /// @param source `Declared` or `Derived`
  public record PostedPrice(
      long version, String source, long inputMicros, long cachedInputMicros, long outputMicros) {}

  /// The condition that explains why a deployment cannot serve.
  public record Unavailable(String condition, String reason, String message) {}

  /// The most that one request may ask for, in tokens.
  ///
  /// @param maxInputTokens absent if only the variant's context limits it
  /// @param maxOutputTokens absent if only the variant's context limits it
  public record Limits(@Nullable Long maxInputTokens, @Nullable Long maxOutputTokens) {
    /// No limits.
    public static final Limits NONE = new Limits(null, null);
  }

  /// How much is held, by class of traffic.
  public record Holds(Hold interactive, Hold batch) {
    /// Slices for everything.
    public static final Holds SLICED = new Holds(Hold.Sliced, Hold.Sliced);
  }

  /// How much of a request's worst case is held before it runs.
  public enum Hold {
    /// Input and a first slice of output; further slices while it decodes.
    Sliced,
    /// All of it.
    Full
  }

  /// Terms of discounted work.
  ///
  /// @param tariffPercent percent of the posted price that it is charged at, 0 to 100
  /// @param completionWindowSeconds how long it may take
  /// @param features of the own namespace whose requests may be queued; empty means each that is
  ///     batch-eligible
  public record Batch(int tariffPercent, long completionWindowSeconds, List<String> features) {
    /// Half the price within a day.
    public static final Batch STANDARD = new Batch(50, 86_400, List.of());

    public Batch {
      features = List.copyOf(features);
    }
  }

  /// How requests wait for a replica while none is ready.
  ///
  /// @param maxWaiting the most requests that wait at one gateway
  /// @param holdMillis the longest that one of them waits
  public record Wake(int maxWaiting, long holdMillis) {}

  /// Another namespace that may call this deployment and pays for it.
  ///
  /// @param features of that namespace; empty means all of them
  /// @param maxHourlyMicros the most that it may be charged in an hour; absent if only its own
  ///     budget limits it
  public record Grant(String namespace, List<String> features, @Nullable Long maxHourlyMicros) {
    public Grant {
      features = List.copyOf(features);
    }
  }
}
