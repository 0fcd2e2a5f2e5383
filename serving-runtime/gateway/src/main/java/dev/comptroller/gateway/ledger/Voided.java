package dev.comptroller.gateway.ledger;

/// What became of a void.
public sealed interface Voided permits Voided.Freed, Ended, NoSuchHold {
  /// All that was held is free, nothing is charged.
  record Freed(long freedMicros) implements Voided {}
}
