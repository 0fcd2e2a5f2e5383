package dev.comptroller.gateway.ledger;

/// What became of an extension.
public sealed interface Extended permits Extended.Granted, Refused, Ended, NoSuchHold {
  /// More is held, durably: tokens may flow up to it. The hold's lifetime began anew.
  ///
  /// @param heldMicros all that the hold now holds
  record Granted(long heldMicros) implements Extended {}
}
