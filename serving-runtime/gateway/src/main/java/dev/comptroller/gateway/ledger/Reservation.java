package dev.comptroller.gateway.ledger;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A request for a hold.
///
/// @param key idempotency key, unique over the whole ledger: prefix what a client chose with its
///     namespace; a key lives as long as the ledger
/// @param fingerprint of the request's content: the same key with another one is a conflict
/// @param bounds the accounts it counts on with the limits now in force, outermost first, each
///     account once; empty where nothing bounds it, which still makes it happen once per key
/// @param micros to hold now; further slices come by extension
/// @param priceVersion the price it is pinned to; absent if there is none, which is refused
/// @param lifetime how long the hold lives without being extended (an extension of 0 will do) or
///     ended; an interval, so no clock that jumps can end it early
public record Reservation(
    String key,
    String fingerprint,
    List<Bound> bounds,
    long micros,
    @Nullable Long priceVersion,
    Duration lifetime) {
  public Reservation {
    requireText("key", key);
    requireText("fingerprint", fingerprint);
    bounds = List.copyOf(bounds);
    if (bounds.stream().map(Bound::account).distinct().count() != bounds.size()) {
      throw new IllegalArgumentException("bounds must name each account once, are " + bounds);
    }
    if (micros < 0) {
      throw new IllegalArgumentException("micros to hold must be 0 or more, is " + micros);
    }
    Objects.requireNonNull(lifetime, "lifetime");
    if (lifetime.toMillis() < 1 || lifetime.compareTo(Duration.ofDays(40)) > 0) {
      throw new IllegalArgumentException("lifetime must be 1 ms to 40 days, is " + lifetime);
    }
  }

  private static void requireText(String field, String value) {
    if (value.isEmpty() || value.length() > 1024) {
      throw new IllegalArgumentException(
          field + " must have 1 to 1024 characters, has " + value.length());
    }
  }
}
