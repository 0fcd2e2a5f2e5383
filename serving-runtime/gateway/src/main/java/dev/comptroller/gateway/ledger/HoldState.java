package dev.comptroller.gateway.ledger;

/// Where a hold stands. It is open once and ends in exactly one of the other states.
public enum HoldState {
  /// Money is held.
  OPEN,
  /// The actual charge was booked and the rest freed.
  SETTLED,
  /// All of it was freed, nothing was charged.
  VOIDED,
  /// Its lifetime passed: all of it was freed, nothing was charged.
  EXPIRED
}
