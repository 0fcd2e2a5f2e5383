package dev.comptroller.e2e.nodeagent;

import java.time.Duration;

/// How long a container waits before it runs again: nothing after the first end, then the base,
/// doubled each time up to the limit; a run that lasted long enough starts over.
final class BackOff {
  private final Duration base;
  private final Duration limit;
  private final Duration reset;
  private Duration next = Duration.ZERO;

  BackOff(Duration base, Duration limit, Duration reset) {
    this.base = base;
    this.limit = limit;
    this.reset = reset;
  }

  /// The wait after a run that took `ran`.
  Duration afterRunOf(Duration ran) {
    if (ran.compareTo(reset) >= 0) {
      next = Duration.ZERO;
    }
    Duration wait = next;
    Duration doubled = wait.isZero() ? base : wait.multipliedBy(2);
    next = doubled.compareTo(limit) > 0 ? limit : doubled;
    return wait;
  }
}
