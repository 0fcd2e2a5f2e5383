package dev.comptroller.gateway.ledger;

import java.sql.SQLException;

/// An entry that does not follow from those before it: the database was changed by something else
/// than a gateway, or it lost what it had promised to keep.
public final class LedgerCorrupt extends SQLException {
  private static final long serialVersionUID = 1L;

  private final long entry;

  LedgerCorrupt(long entry, String what) {
    super("entry %d of the ledger: %s".formatted(entry, what));
    this.entry = entry;
  }

  /// The number of the first bad entry.
  public long entry() {
    return entry;
  }
}
