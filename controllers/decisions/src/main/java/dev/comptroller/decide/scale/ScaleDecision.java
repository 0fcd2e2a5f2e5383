package dev.comptroller.decide.scale;

import dev.comptroller.decide.Explanation;
import dev.comptroller.decide.share.Way;
import dev.comptroller.decide.units.HourlyRate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How many replicas of which rung, and why.
///
/// @param variant the rung to serve at best; absent if none may
/// @param replicas how many of it
/// @param reason why, in a word
/// @param would how many it would run if it only observes; the same as `replicas` otherwise
/// @param explanation the figures, what bound it, and every rung looked at
/// @param outlook what is expected to be asked for; absent if that is not known
/// @param target whether the target CPM is met by what was chosen; absent if none is set or the
///   demand is not known
/// @param state what to remember
/// @param wake when to look again at the latest
/// @param ways how it could be served: the way it likes best first, dwelling apart; none where
///   nothing is wanted, or where it is not known what a rung needs
/// @param floor what the least number of replicas costs; absent if that is 0 or has no price
public record ScaleDecision(
    @Nullable String variant,
    int replicas,
    Reason reason,
    int would,
    Explanation explanation,
    @Nullable DemandOutlook outlook,
    @Nullable Target target,
    ScaleState state,
    Instant wake,
    List<Way> ways,
    @Nullable Floor floor) {
  /// What binds a deployment that is at zero because nobody asks for it.
  public static final String IDLE = "scaling.idleTimeout";

  public ScaleDecision {
    ways = List.copyOf(ways);
  }

  /// Why so many.
  public enum Reason {
    /// Somebody set `spec.replicas`.
    SetByOwner,
    /// The borders leave no choice.
    Fixed,
    /// The demand is not known or too old: nothing changes.
    NoSignal,
    /// What a replica serves is not known: nothing changes.
    SpeedUnknown,
    /// The expected demand needs as many.
    Demand,
    /// Requests wait.
    Waiting,
    /// Work that may wait needs as many to be done in its windows.
    Deferred,
    /// Fewer would do, but not for long enough.
    Settling,
    /// A schedule or `minReplicas` asks for as many.
    Minimum,
    /// More are needed than `maxReplicas` allows.
    Maximum,
    /// More are needed than there is room for.
    NoRoom,
    /// A pool cannot serve everybody: it has its share.
    Shared,
    /// Nobody asked for anything for long enough.
    Idle,
    /// It says what it would do and does nothing.
    Observing;

    /// Whether they are as many as the expected demand needs or has just needed, and nothing else
    /// binds them.
    public boolean followsDemand() {
      return this == Demand || this == Settling;
    }
  }

  /// Whether the target CPM is met, with figures.
  public record Target(boolean met, String message) {}

  /// What the least number of replicas costs, whatever is asked for.
  ///
  /// @param replicas how many they are
  /// @param hourly dollars an hour of them
  /// @param beyond dollars an hour of those that the demand does not need; absent if that is not
  ///   known
  /// @param message these in words
  public record Floor(
      int replicas, HourlyRate hourly, @Nullable HourlyRate beyond, String message) {}
}
