package dev.comptroller.decide.budget;

import java.time.Duration;

/// How long capacity still costs money once nobody wants it: at most until the next look, then
/// while it drains, then until its GPUs are free.
///
/// @param controlInterval longest time between two looks
/// @param drain longest time that streams are given to end
/// @param teardown longest time from the end of the drain until nothing is charged
public record Leaving(Duration controlInterval, Duration drain, Duration teardown) {
  public Leaving {
    controlInterval = whole("controlInterval", controlInterval);
    drain = whole("drain", drain);
    teardown = whole("teardown", teardown);
  }

  /// All of it.
  public Duration total() {
    return controlInterval.plus(drain).plus(teardown);
  }

  /// What is left of it once the drain has begun.
  public Duration afterDecision() {
    return drain.plus(teardown);
  }

  /// Whole seconds, rounded up.
  private static Duration whole(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException("%s is %s, not zero or more".formatted(name, duration));
    }
    return Duration.ofSeconds(duration.plusNanos(999_999_999).toSeconds());
  }
}
