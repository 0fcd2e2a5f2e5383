package dev.comptroller.e2e.nodeagent;

import java.time.Duration;

/// What a probe's results so far mean.
///
/// A verdict changes when as many results in a row as the threshold says agree. Probes may run
/// more often than the period while a container starts; such extra results never shorten a
/// threshold: at most one result of a row counts for each period, except that a first success
/// counts at once where one success is enough.
final class ProbeState {
  /// What is known about a container.
  enum Verdict {
    UNKNOWN,
    PASSING,
    FAILING
  }

  private final ProbeSettings settings;
  private Verdict verdict = Verdict.UNKNOWN;
  private boolean lastPassed;
  private int inARow;
  private Duration lastCounted = Duration.ZERO;

  ProbeState(ProbeSettings settings) {
    this.settings = settings;
  }

  /// Takes a result at `now`, a time since the container started, and says what holds from then.
  Verdict observe(boolean passed, Duration now) {
    if (inARow > 0 && passed == lastPassed) {
      if (now.minus(lastCounted).compareTo(settings.period()) < 0) {
        return verdict;
      }
      inARow++;
    } else {
      inARow = 1;
    }
    lastPassed = passed;
    lastCounted = now;
    int threshold = passed ? settings.successThreshold() : settings.failureThreshold();
    if (inARow >= threshold) {
      verdict = passed ? Verdict.PASSING : Verdict.FAILING;
    }
    return verdict;
  }

  Verdict verdict() {
    return verdict;
  }
}
