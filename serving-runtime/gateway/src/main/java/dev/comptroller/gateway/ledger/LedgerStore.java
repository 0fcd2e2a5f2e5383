package dev.comptroller.gateway.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
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
  private static final String UPSERT =
      "INSERT INTO ledger_account (account, period_micros, spent, held, limit_micros)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET spent = excluded.spent,"
          + " held = excluded.held, limit_micros = excluded.limit_micros";

  private final LedgerDatabase database;
  private final Map<String, PreparedStatement> statements = new HashMap<>();
  private @Nullable Connection connection;

  LedgerStore(LedgerDatabase database) {
    this.database = database;
  }

  /// Begins a transaction and says where the chain ends.
  Head lock() throws SQLException {
    if (connection == null) {
      connection = database.writer();
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
    if (!group.entries.isEmpty()) {
      PreparedStatement insert = prepared(LedgerRows.INSERT_ENTRY);
      for (Entry entry : group.entries) {
        LedgerRows.bind(insert, entry);
        insert.addBatch();
      }
      var _ = insert.executeBatch();
      PreparedStatement update =
          prepared("UPDATE ledger_head SET seq = ?, hash = ?, open_from = ? WHERE one = 1");
      update.setLong(1, head.seq());
      update.setBytes(2, head.hash().bytes());
      update.setLong(3, head.openFrom());
      update.executeUpdate();
    }
    if (!group.lines.isEmpty()) {
      PreparedStatement insert = prepared(LedgerRows.INSERT_LINE);
      for (UsageLine line : group.lines) {
        LedgerRows.bind(insert, line);
        insert.addBatch();
      }
      var _ = insert.executeBatch();
    }
    if (!group.touched.isEmpty()) {
      PreparedStatement upsert = prepared(UPSERT);
      for (Tally tally : group.touched) {
        upsert.setString(1, tally.key);
        upsert.setLong(2, LedgerRows.micros(tally.account.periodStart()));
        upsert.setLong(3, tally.spent);
        upsert.setLong(4, tally.held);
        LedgerRows.bindLong(upsert, 5, tally.limit);
        upsert.addBatch();
      }
      var _ = upsert.executeBatch();
    }
  }

  void commit() throws SQLException {
    connected().commit();
  }

  /// Ends a transaction that wrote nothing.
  void release() throws SQLException {
    connected().rollback();
  }

  /// Gives up a transaction, and the connection with it.
  void rollback() {
    Connection broken = connection;
    connection = null;
    statements.clear();
    if (broken != null) {
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

  private Connection connected() throws SQLException {
    if (connection == null) {
      throw new SQLException("the ledger is not connected");
    }
    return connection;
  }

  private PreparedStatement prepared(String sql) throws SQLException {
    PreparedStatement known = statements.get(sql);
    if (known == null) {
      known = connected().prepareStatement(sql);
      statements.put(sql, known);
    }
    return known;
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
