package dev.comptroller.gateway.ledger;

/// What became of a correction.
public sealed interface Corrected
    permits Corrected.Booked, Corrected.Repeated, Corrected.NotRefundable, NoSuchHold {
  /// The correction is booked, durably, as this entry.
  record Booked(long entry) implements Corrected {}

  /// A correction with this key is booked already; for refunds: the hold was refunded before.
  record Repeated(long entry) implements Corrected {}

  /// The hold was not settled, or at less than the refund.
  record NotRefundable(HoldState state, long chargedMicros) implements Corrected {}
}
