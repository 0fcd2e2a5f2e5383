package dev.comptroller.decide.downgrade;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What keeps the choice of rung from flapping.
///
/// @param dwell how long a rung serves at least
/// @param lastChange when the rung last changed; absent if it never did
/// @param climbMargin percent of the allowance that a better rung must leave free, 0 to 99
/// @param climbAfter how long a rung serves at least before a better one may
/// @param stayMargin percent of the allowance that the rung that serves may cost more than it
///   before a lower one takes over: what is allowed and what is needed come in whole replicas, so
///   that both swing around what they are on average
public record Steadiness(
    Duration dwell,
    @Nullable Instant lastChange,
    int climbMargin,
    Duration climbAfter,
    int stayMargin) {
  /// Free to change at any time.
  public static final Steadiness NONE = new Steadiness(Duration.ZERO, null, 0);

  /// The same dwell both ways.
  public Steadiness(Duration dwell, @Nullable Instant lastChange, int climbMargin) {
    this(dwell, lastChange, climbMargin, dwell, 0);
  }

  public Steadiness {
    if (climbMargin < 0 || climbMargin > 99) {
      throw new IllegalArgumentException(
          "climb margin is %d percent, not 0 to 99".formatted(climbMargin));
    }
    if (stayMargin < 0 || stayMargin > 99) {
      throw new IllegalArgumentException(
          "stay margin is %d percent, not 0 to 99".formatted(stayMargin));
    }
  }

  /// How long the rung has to stay; zero if it may change.
  public Duration left(Instant now) {
    return left(dwell, now);
  }

  /// How long no better rung may take over; zero if one may.
  public Duration leftToClimb(Instant now) {
    return left(climbAfter.compareTo(dwell) > 0 ? climbAfter : dwell, now);
  }

  private Duration left(Duration span, Instant now) {
    if (lastChange == null) {
      return Duration.ZERO;
    }
    // A clock that was set back makes nobody wait longer than the dwell.
    Instant since = lastChange.isAfter(now) ? now : lastChange;
    Duration left = span.minus(Duration.between(since, now));
    return left.isNegative() ? Duration.ZERO : left;
  }
}
