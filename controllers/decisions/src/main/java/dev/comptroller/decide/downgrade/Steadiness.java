package dev.comptroller.decide.downgrade;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What keeps the choice of rung from flapping.
///
/// @param dwell how long a rung serves at least
/// @param lastChange when the rung last changed; absent if it never did
/// @param climbMargin percent of the allowance that a better rung must leave free, 0 to 99
public record Steadiness(Duration dwell, @Nullable Instant lastChange, int climbMargin) {
  /// Free to change at any time.
  public static final Steadiness NONE = new Steadiness(Duration.ZERO, null, 0);

  public Steadiness {
    if (climbMargin < 0 || climbMargin > 99) {
      throw new IllegalArgumentException(
          "climb margin is %d percent, not 0 to 99".formatted(climbMargin));
    }
  }

  /// How long the rung has to stay; zero if it may change.
  public Duration left(Instant now) {
    if (lastChange == null) {
      return Duration.ZERO;
    }
    // A clock that was set back makes nobody wait longer than the dwell.
    Instant since = lastChange.isAfter(now) ? now : lastChange;
    Duration left = dwell.minus(Duration.between(since, now));
    return left.isNegative() ? Duration.ZERO : left;
  }
}
