package dev.comptroller.gateway.table;

/// A routing table that must not be served from; the message names the field and what is wrong.
public final class TableRefused extends Exception {
  private static final long serialVersionUID = 1L;

  /// Refuses a table.
  public TableRefused(String message) {
    super(message);
  }
}
