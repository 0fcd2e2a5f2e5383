package dev.comptroller.gateway.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The ledger's tables, through the writer's connection.
///
/// A transaction begins with [#lock] and ends with [#commit] or [#rollback]; in between no other
/// gateway writes. After any failure the connection is thrown away ([#rollback]) and the next lock
/// makes a new one. Belongs to the writer thread.
final class LedgerStore implements Pages {
  private static final String ONE_ENTRY =
      "SELECT " + LedgerRows.ENTRY + " FROM ledger_entry WHERE ";

  private final LedgerDatabase database;
  private @Nullable Statements statements;

  LedgerStore(LedgerDatabase database) {
    this.database = database;
  }

  /// Begins a transaction and says where the chain ends.
  Head lock() throws SQLException {
    if (statements == null) {
      statements = new Statements(database.writer());
    }
    try (ResultSet row =
        prepared(
                "SELECT seq, hash, open_from, old_lines FROM ledger_head WHERE one = 1"
                    + database.headLock())
            .executeQuery()) {
      if (!row.next()) {
        throw new LedgerCorrupt(0, "the end of the chain is missing");
      }
      return new Head(row.getLong(1), new Digest(row.getBytes(2)), row.getLong(3), row.getLong(4));
    }
  }

  @Override
  public List<Entry> entries(long from, long to) throws SQLException {
    PreparedStatement select = prepared(ONE_ENTRY + "seq BETWEEN ? AND ? ORDER BY seq");
    select.setLong(1, from);
    select.setLong(2, to);
    List<Entry> found = new ArrayList<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        found.add(LedgerRows.entry(rows));
      }
    }
    return found;
  }

  @Override
  public Optional<Entry> entry(long seq) throws SQLException {
    return one(ONE_ENTRY + "seq = ?", seq);
  }

  @Override
  public Optional<Entry> ending(long hold) throws SQLException {
    return one(ONE_ENTRY + "ending = ?", hold);
  }

  @Override
  public Optional<Entry> refund(long hold) throws SQLException {
    return one(ONE_ENTRY + "refunding = ?", hold);
  }

  @Override
  public Optional<Entry> correction(EntryKind kind, String key) throws SQLException {
    PreparedStatement select = prepared(ONE_ENTRY + "key = ? AND kind = ?");
    select.setString(1, key);
    select.setString(2, kind.word());
    return first(select);
  }

  @Override
  public Map<String, Entry> reservations(Collection<String> keys) throws SQLException {
    return database.reservations(connected(), keys);
  }

  @Override
  public Tally tally(Account account) throws SQLException {
    String key = account.key();
    PreparedStatement select =
        prepared("SELECT spent, held, limit_micros FROM ledger_account WHERE account = ?");
    select.setString(1, key);
    try (ResultSet row = select.executeQuery()) {
      return row.next()
          ? new Tally(account, key, row.getLong(1), row.getLong(2), LedgerRows.maybeLong(row, 3))
          : new Tally(account, key, 0, 0, null);
    }
  }

  /// Writes a group; nothing of it counts before the commit.
  void write(Group group, Head head) throws SQLException {
    database.write(connected(), group, head);
  }

  void commit() throws SQLException {
    connected().connection().commit();
  }

  /// Ends a transaction that wrote nothing.
  void release() throws SQLException {
    connected().connection().rollback();
  }

  /// Gives up a transaction, and the connection with it.
  void rollback() {
    Statements gone = statements;
    statements = null;
    if (gone != null) {
      Connection broken = gone.connection();
      try {
        broken.rollback();
      } catch (SQLException _) {
        // The connection is broken; closing it ends the transaction as well.
      }
      try {
        broken.close();
      } catch (SQLException _) {
        // Nothing is left to be closed.
      }
    }
  }

  private Statements connected() throws SQLException {
    if (statements == null) {
      throw new SQLException("the ledger is not connected");
    }
    return statements;
  }

  private PreparedStatement prepared(String sql) throws SQLException {
    return connected().of(sql);
  }

  private Optional<Entry> one(String sql, long argument) throws SQLException {
    PreparedStatement select = prepared(sql);
    select.setLong(1, argument);
    return first(select);
  }

  private static Optional<Entry> first(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(LedgerRows.entry(row)) : Optional.empty();
    }
  }
}
