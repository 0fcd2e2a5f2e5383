package dev.comptroller.gateway.ledger;

/// The ledger could not make a line durable in time.
public final class LedgerUnavailable extends Exception {
  private static final long serialVersionUID = 1L;

  /// Says why.
  public LedgerUnavailable(String message) {
    super(message);
  }
}
