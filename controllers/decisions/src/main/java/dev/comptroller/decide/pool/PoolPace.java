package dev.comptroller.decide.pool;

import java.time.Duration;
import java.util.Map;

/// How fast the nodes of a pool come and go.
///
/// @param idle how long a node is not needed before it is released
/// @param startLimit how long a node that was asked for may take to join
/// @param backOff wait after the first time that nodes did not come; doubled by each that follows
/// @param backOffLimit the longest wait
/// @param ahead price rises that are declared within this time already bind what is added
public record PoolPace(
    Duration idle, Duration startLimit, Duration backOff, Duration backOffLimit, Duration ahead) {
  /// For machines of a cloud.
  public static final PoolPace DEFAULT =
      new PoolPace(
          Duration.ofMinutes(5),
          Duration.ofMinutes(15),
          Duration.ofMinutes(1),
          Duration.ofMinutes(30),
          Duration.ofMinutes(5));

  private static final int DOUBLINGS = 16;

  public PoolPace {
    Map.of("idle", idle, "startLimit", startLimit, "backOff", backOff, "backOffLimit", backOffLimit)
        .forEach(
            (name, value) -> {
              if (!value.isPositive()) {
                throw new IllegalArgumentException(
                    "%s of nodes is %s: it must be longer than nothing".formatted(name, value));
              }
            });
    if (ahead.isNegative()) {
      throw new IllegalArgumentException("ahead is %s: it must not be negative".formatted(ahead));
    }
  }

  /// The wait after `failures` of them in a row, 1 or more.
  Duration wait(int failures) {
    Duration wait = backOff.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
    return wait.compareTo(backOffLimit) > 0 ? backOffLimit : wait;
  }
}
