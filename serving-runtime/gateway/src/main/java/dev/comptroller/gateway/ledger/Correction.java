package dev.comptroller.gateway.ledger;

/// A change of what was booked, as an entry of its own: nothing in the ledger is ever edited.
///
/// A period that has ended changes by corrections alone.
public sealed interface Correction {
  /// Makes it happen once: a key that was used before changes nothing.
  String key();

  /// Why, in a sentence.
  String reason();

  /// Measured cost less charges of a variant in a period: positive when posted prices were too low.
  record TrueUp(String key, Account.TrueUp account, long micros, String reason)
      implements Correction {}

  /// Gives back some or all of a settled charge, on every account the hold counted on. One refund
  /// per hold.
  record Refund(String key, HoldId hold, long micros, String reason) implements Correction {
    public Refund {
      if (micros < 0) {
        throw new IllegalArgumentException("micros to refund must be 0 or more, is " + micros);
      }
    }
  }
}
