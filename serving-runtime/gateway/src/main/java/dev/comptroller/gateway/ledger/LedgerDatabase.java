package dev.comptroller.gateway.ledger;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;

/// What differs between the databases that can keep a ledger.
interface LedgerDatabase extends AutoCloseable {
  /// A connection for the writer, in manual-commit mode; refused if a commit could be lost on it.
  Connection writer() throws SQLException;

  /// A connection for one read.
  Connection reader() throws SQLException;

  /// What is put after the select of the head, so that one gateway at a time writes.
  String headLock();

  /// Reservations by idempotency key, as many as there are.
  Map<String, Entry> reservations(Statements statements, Collection<String> keys)
      throws SQLException;

  /// Writes a group and the end of the chain after it; nothing of it counts before the commit.
  void write(Statements statements, Group group, Head head) throws SQLException;

  /// Whether the database says that a row is impossible, which no repetition will change.
  boolean refusedForGood(SQLException e);

  @Override
  void close() throws IOException;
}
