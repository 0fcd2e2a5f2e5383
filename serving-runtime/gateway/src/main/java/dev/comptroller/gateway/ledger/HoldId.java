package dev.comptroller.gateway.ledger;

/// The name of a hold: the number of the ledger entry that made it.
public record HoldId(long entry) {
  public HoldId {
    if (entry < 1) {
      throw new IllegalArgumentException("a hold is named by an entry from 1 on, is " + entry);
    }
  }
}
