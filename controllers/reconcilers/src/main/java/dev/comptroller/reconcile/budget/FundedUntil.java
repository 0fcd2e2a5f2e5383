package dev.comptroller.reconcile.budget;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// The instant that is published as the end of the money, in quanta. Pure.
///
/// Never later than the truth, and at most about 5 % of the time until then earlier; what was
/// published stays while that holds, so that figures that flow cause no writes.
final class FundedUntil {
  private static final int PARTS = 64;

  private FundedUntil() {}

  /// What to publish.
  ///
  /// @param published what is published; absent if nothing is
  /// @param truth when the money ends; absent if it does not end anything
  static @Nullable Instant next(@Nullable Instant published, @Nullable Instant truth, Instant now) {
    if (truth == null) {
      return null;
    }
    Duration ahead = Duration.between(now, truth);
    if (ahead.isNegative() || ahead.isZero()) {
      return truth.truncatedTo(ChronoUnit.SECONDS);
    }
    Duration quantum = ahead.dividedBy(PARTS);
    boolean holds =
        published != null
            && !published.isAfter(truth)
            && Duration.between(published, truth).compareTo(quantum.multipliedBy(3)) <= 0;
    return holds ? published : truth.minus(quantum).truncatedTo(ChronoUnit.SECONDS);
  }
}
