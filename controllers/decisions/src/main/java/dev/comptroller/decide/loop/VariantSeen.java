package dev.comptroller.decide.loop;

import dev.comptroller.decide.capacity.Throughput;
import dev.comptroller.decide.cost.Exposure;
import dev.comptroller.decide.cost.PriceBooks;
import dev.comptroller.decide.cost.Rhythm;
import dev.comptroller.decide.fleet.CapacityType;
import dev.comptroller.decide.fleet.Pool;
import dev.comptroller.decide.fleet.Variant;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a rung could be had for.
///
/// @param name the rung
/// @param perReplica what one more replica costs where it is cheapest, and at most; absent if its
///   pool or the price is not known
/// @param speed tokens a second of one replica; absent if unknown
/// @param room how many more replicas fit into its pool now
/// @param obstacle why it cannot run at all, such as a pool that does not exist; absent if it can
/// @param slo whether it keeps what is promised of latency
/// @param rhythm how prices are likely to go on after the last one that is declared; absent where
///   that is not known
public record VariantSeen(
    String name,
    @Nullable Exposure perReplica,
    @Nullable TokensPerSecond speed,
    int room,
    @Nullable String obstacle,
    Slo slo,
    @Nullable Rhythm rhythm) {
  /// Whether a rung keeps the promised latency.
  public enum Slo {
    /// It does.
    Met,
    /// It does not.
    Missed,
    /// Nobody has measured it.
    NotMeasured,
    /// Nothing is promised.
    NotDeclared;

    /// `SLO met`, `SLO missed`, `SLO unknown` or `no SLO`.
    public String words() {
      return switch (this) {
        case Met -> "SLO met";
        case Missed -> "SLO missed";
        case NotMeasured -> "SLO unknown";
        case NotDeclared -> "no SLO";
      };
    }
  }

  public VariantSeen {
    if (room < 0) {
      throw new IllegalArgumentException(
          "room of %s is %d, not zero or more".formatted(name, room));
    }
  }

  /// A rung of whose prices nothing is foreseen.
  public VariantSeen(
      String name,
      @Nullable Exposure perReplica,
      @Nullable TokensPerSecond speed,
      int room,
      @Nullable String obstacle,
      Slo slo) {
    this(name, perReplica, speed, room, obstacle, slo, null);
  }

  /// Whether a price that begins then is not declared, but foreseen.
  boolean foresees(Instant begin) {
    return rhythm != null && !begin.isBefore(rhythm.begin());
  }

  /// What one more replica costs as it is planned with: as declared, and after that as foreseen.
  Optional<Exposure> planned() {
    return Optional.ofNullable(perReplica).map(declared -> declared.then(rhythm));
  }

  /// What `variant` could be had for in `pool`: now at the cheapest price that has room for it, or
  /// at the dearest where none has; at most at the dearest until `ahead` after `now`, because
  /// nobody knows where a replica lands.
  ///
  /// @param pool its pool; absent if it does not exist
  /// @param measured tokens a second of one replica; absent: declared or estimated
  public static VariantSeen of(
      Variant variant,
      @Nullable Pool pool,
      @Nullable TokensPerSecond measured,
      Slo slo,
      Instant now,
      Duration ahead) {
    if (pool == null) {
      String missing = "pool %s does not exist".formatted(variant.pool());
      return new VariantSeen(variant.name(), null, variant.throughput(), 0, missing, slo);
    }
    PriceBooks books = PriceBooks.of(Map.of(pool.name(), pool.prices()));
    CapacityType any = CapacityType.Unknown;
    Exposure perReplica =
        Exposure.of(pool.name(), any, variant.gpus(), books, now, ahead)
            .noDearerThan(pool.cheapest(variant.gpus(), now));
    @Nullable Rhythm rhythm = Exposure.rhythm(pool.name(), any, variant.gpus(), books, now);
    TokensPerSecond speed =
        measured != null ? measured : Throughput.of(variant, pool.product()).speed().orElse(null);
    return new VariantSeen(
        variant.name(), perReplica, speed, pool.room(variant.gpus()), null, slo, rhythm);
  }
}
