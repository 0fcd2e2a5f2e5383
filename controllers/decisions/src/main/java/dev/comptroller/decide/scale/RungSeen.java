package dev.comptroller.decide.scale;

import dev.comptroller.decide.units.HourlyRate;
import dev.comptroller.decide.units.TokensPerSecond;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What a rung could be had for, and what one replica of it serves.
///
/// @param variant its name
/// @param perReplica dollars an hour of one replica; absent if it has no price
/// @param safe the most tokens a second of one replica that keep the SLO; absent if unknown
/// @param pool what many of them serve together; absent if that is not known
/// @param measured whether that was measured, not declared or estimated
/// @param running replicas that hold GPUs and do not leave
/// @param room how many more fit into its pool
/// @param start how long a new replica takes until it serves; absent if none was seen to start
/// @param obstacle why it cannot run at all; absent if it can
public record RungSeen(
    String variant,
    @Nullable HourlyRate perReplica,
    @Nullable TokensPerSecond safe,
    @Nullable Pooled pool,
    boolean measured,
    int running,
    int room,
    @Nullable Duration start,
    @Nullable String obstacle) {
  /// What replicas serve that share what comes.
  ///
  /// @param places requests at once in one replica
  /// @param full tokens a second of one with all places taken, more than what is safe for one alone
  /// @param growth to what power of their number the places grow that all of them together keep
  ///   free for chance, 0 to 0.5
  public record Pooled(int places, TokensPerSecond full, double growth) {
    public Pooled {
      if (!(growth >= 0 && growth <= 0.5)) {
        throw new IllegalArgumentException("growth is %s: need 0 to 0.5".formatted(growth));
      }
      if (places < 1 || full.thousandths() < 1) {
        throw new IllegalArgumentException(
            "%d places and %s tokens/s: need 1 or more".formatted(places, full));
      }
    }
  }

  public RungSeen {
    if (running < 0 || room < 0) {
      throw new IllegalArgumentException(
          "running %d and room %d of %s: need 0 or more".formatted(running, room, variant));
    }
    if (start != null && start.isNegative()) {
      throw new IllegalArgumentException("start of %s is %s".formatted(variant, start));
    }
  }

  /// The same with another room.
  public RungSeen withRoom(int more) {
    return new RungSeen(variant, perReplica, safe, pool, measured, running, more, start, obstacle);
  }

  /// Whether it can serve, at a known rate and price.
  boolean isKnown() {
    return obstacle == null && perReplica != null && safe != null && safe.thousandths() > 0;
  }
}
