package dev.comptroller.e2e.simulator.control;

import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.loop.NamespacePolicy;
import dev.comptroller.decide.rollout.RolloutPolicy;
import dev.comptroller.decide.scale.ScalePolicy;
import dev.comptroller.e2e.simulator.world.Faults;
import dev.comptroller.e2e.simulator.world.PriceTrack;
import dev.comptroller.e2e.simulator.world.Service;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// All that a run depends on, besides the decisions themselves.
///
/// @param seed of chance
/// @param start first second
/// @param pools the pools
/// @param policy what the owner of the namespace asked for
/// @param services its deployments as clients see them
/// @param rollout how variants change
/// @param faults of the cluster
/// @param controls of the operator
/// @param scaler sets replicas by demand; absent: they stay as declared
public record Setup(
    long seed,
    long start,
    List<PoolSetup> pools,
    NamespacePolicy policy,
    List<Service> services,
    RolloutPolicy rollout,
    Faults faults,
    Controls controls,
    @Nullable Scaler scaler) {
  /// GPU products, by pool.
  Map<String, String> products() {
    return pools.stream().collect(Collectors.toMap(PoolSetup::name, PoolSetup::product));
  }

  /// A pool.
  ///
  /// @param name its name
  /// @param product GPU product
  /// @param track its prices
  /// @param nodes nodes by capacity type
  public record PoolSetup(
      String name, String product, PriceTrack track, Map<CapacityType, Integer> nodes) {}

  /// What sets `spec.replicas`.
  ///
  /// Every so many seconds it looks at what is asked for.
  public sealed interface Scaler permits Rated, Own {
    /// Seconds between two looks.
    long every();
  }

  /// An autoscaler outside: as many as the demand needs of the first rung.
  ///
  /// @param utilization percent of a replica's speed that it aims for
  /// @param every seconds between two looks
  /// @param down seconds that it waits before it asks for less
  public record Rated(int utilization, long every, long down) implements Scaler {}

  /// The operator's own autoscaler.
  ///
  /// @param every seconds between two looks
  /// @param terms what owners let it do, by deployment; without, it follows the demand at the usual
  ///   pace
  public record Own(long every, Map<String, Terms> terms) implements Scaler {
    public Own {
      terms = Map.copyOf(terms);
    }

    /// One that follows the demand of all deployments at the usual pace.
    public Own(long every) {
      this(every, Map.of());
    }
  }

  /// What an owner lets the autoscaler do.
  ///
  /// @param policy by which it decides
  /// @param startsForBatch whether replicas may be started for work that may wait
  public record Terms(ScalePolicy policy, boolean startsForBatch) {}
}
