package dev.comptroller.gateway.ledger;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a ledger has written so far, as its next decisions need it.
interface Pages {
  /// Entries in order, from one number to another, both included.
  List<Entry> entries(long from, long to) throws SQLException;

  /// The entry with a number.
  Optional<Entry> entry(long seq) throws SQLException;

  /// The entry that ended a hold.
  Optional<Entry> ending(long hold) throws SQLException;

  /// The entry that gave back the charge of a hold.
  Optional<Entry> refund(long hold) throws SQLException;

  /// The correction of a kind under an idempotency key.
  Optional<Entry> correction(EntryKind kind, String key) throws SQLException;

  /// Reservations by idempotency key, as many as there are.
  Map<String, Entry> reservations(Collection<String> keys) throws SQLException;

  /// The sums of an account as the last commit left them; 0 if it is new.
  Tally tally(Account account) throws SQLException;

  /// Whether the chain runs through this point.
  default boolean contains(Head head) throws SQLException {
    Optional<Entry> entry = entry(head.seq());
    return entry.isPresent() && entry.get().hash().equals(head.hash());
  }
}
