package dev.comptroller.gateway.ledger;

/// What became of a settlement.
public sealed interface Settled permits Settled.Booked, Settled.Exceeds, Ended, NoSuchHold {
  /// The charge is booked, durably, and the rest of the hold is free.
  record Booked(long chargedMicros, long freedMicros) implements Settled {}

  /// More was to be charged than is held. Nothing was booked: extend first, or settle what is held
  /// and sound the alarm; an engine that keeps to its token limit never gets here.
  record Exceeds(long heldMicros, long askedMicros) implements Settled {}
}
