package dev.comptroller.gateway.ledger;

import org.jspecify.annotations.Nullable;

/// What became of a reservation.
public sealed interface Reserved
    permits Reserved.Held,
        Reserved.Replayed,
        Reserved.KeyConflict,
        Reserved.PriceUnavailable,
        Refused {
  /// The money is held, durably: the request may run.
  record Held(HoldId hold, long micros) implements Reserved {}

  /// The key was reserved before with the same fingerprint. Nothing is held a second time; a
  /// request that still runs must not be started again.
  ///
  /// @param state of the first hold
  /// @param micros held if it is open, charged if it is settled, else 0
  /// @param line the usage line that it was settled with, if it was
  record Replayed(HoldId hold, HoldState state, long micros, @Nullable String line)
      implements Reserved {}

  /// The key was reserved before for another request.
  record KeyConflict(HoldId hold) implements Reserved {}

  /// There is no price to pin, so nothing may run: never billed 0 silently.
  record PriceUnavailable() implements Reserved {}
}
