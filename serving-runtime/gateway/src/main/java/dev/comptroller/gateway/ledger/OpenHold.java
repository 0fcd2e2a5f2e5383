package dev.comptroller.gateway.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A hold that has not ended. Belongs to the thread that keeps the [Books].
final class OpenHold {
  final long name;
  final @Nullable Long priceVersion;
  final long lifetimeMillis;
  List<Bound> bounds;
  long held;
  long deadlineNanos;

  OpenHold(long name, List<Bound> bounds, @Nullable Long priceVersion, long lifetimeMillis) {
    this.name = name;
    this.bounds = bounds;
    this.priceVersion = priceVersion;
    this.lifetimeMillis = lifetimeMillis;
  }

  void renew(long nowNanos) {
    deadlineNanos = nowNanos + lifetimeMillis * 1_000_000;
  }
}
