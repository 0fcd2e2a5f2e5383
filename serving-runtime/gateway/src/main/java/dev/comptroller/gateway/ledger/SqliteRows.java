package dev.comptroller.gateway.ledger;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A group's rows on their way into SQLite, in few and narrow statements.
///
/// What a statement costs here is mostly the crossing into the library for every value. So entries
/// that have the same columns go together, and a statement names those columns only, with what the
/// entries have in common once.
final class SqliteRows {
  private static final int KEYS = 32;
  private static final String BY_KEYS =
      "SELECT "
          + LedgerRows.ENTRY
          + " FROM ledger_entry WHERE key IN (?"
          + ", ?".repeat(KEYS - 1)
          + ") AND kind = 'reserve'";
  private static final String HEAD =
      "UPDATE ledger_head SET seq = ?, hash = ?, open_from = ? WHERE one = 1";
  private static final String ACCOUNT =
      "INSERT INTO ledger_account (account, period_micros, spent, held, limit_micros)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET spent = excluded.spent,"
          + " held = excluded.held, limit_micros = excluded.limit_micros";

  private final Map<Shape, String> texts = new HashMap<>();

  /// What a statement for entries looks like.
  ///
  /// @param columns one bit for each of [#optional] that the entries have
  private record Shape(EntryKind kind, int columns, int rows) {}

  private static final List<String> OPTIONAL =
      List.of("key", "bounds", "text", "price_version", "lifetime_ms", "line", "line_digest");

  private static @Nullable Object optional(Entry entry, int column) {
    return switch (column) {
      case 0 -> entry.key();
      case 1 -> entry.bounds();
      case 2 -> entry.text();
      case 3 -> entry.priceVersion();
      case 4 -> entry.lifetimeMillis();
      case 5 -> entry.line();
      default -> entry.lineDigest() == null ? null : entry.lineDigest().bytes();
    };
  }

  /// Reservations by idempotency key, as many as there are.
  Map<String, Entry> reservations(Statements statements, Collection<String> keys)
      throws SQLException {
    Map<String, Entry> found = new HashMap<>();
    Iterator<String> left = keys.iterator();
    PreparedStatement select = statements.of(BY_KEYS);
    while (left.hasNext()) {
      for (int i = 1; i <= KEYS; i++) {
        select.setString(i, left.hasNext() ? left.next() : null);
      }
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          Entry entry = LedgerRows.entry(rows);
          found.put(String.valueOf(entry.key()), entry);
        }
      }
    }
    return found;
  }

  void write(Statements statements, Group group, Head head) throws SQLException {
    if (!group.entries.isEmpty()) {
      writeEntries(statements, group.entries);
      PreparedStatement update = statements.of(HEAD);
      update.setLong(1, head.seq());
      update.setBytes(2, head.hash().bytes());
      update.setLong(3, head.openFrom());
      update.executeUpdate();
    }
    if (!group.lines.isEmpty()) {
      PreparedStatement insert = statements.of(LedgerRows.INSERT_LINE);
      for (UsageLine line : group.lines) {
        LedgerRows.bind(insert, line);
        insert.addBatch();
      }
      var _ = insert.executeBatch();
    }
    if (!group.touched.isEmpty()) {
      PreparedStatement upsert = statements.of(ACCOUNT);
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

  private void writeEntries(Statements statements, List<Entry> entries) throws SQLException {
    int at = 0;
    while (at < entries.size()) {
      Shape shape = shape(entries, at);
      bind(statements.of(texts.computeIfAbsent(shape, SqliteRows::text)), shape, entries, at);
      at += shape.rows();
    }
  }

  /// The statement for the next entries: 64, 8 or 1 of them.
  private static Shape shape(List<Entry> entries, int at) {
    Entry first = entries.get(at);
    int columns = columns(first);
    int alike = 1;
    while (alike < 64
        && at + alike < entries.size()
        && follows(first, columns, entries.get(at + alike), alike)) {
      alike++;
    }
    return new Shape(first.kind(), columns, alike >= 64 ? 64 : alike >= 8 ? 8 : 1);
  }

  private static int columns(Entry entry) {
    int columns = 0;
    for (int column = 0; column < OPTIONAL.size(); column++) {
      columns |= optional(entry, column) == null ? 0 : 1 << column;
    }
    return columns;
  }

  /// Whether what a statement says once is true of a later entry too.
  private static boolean follows(Entry first, int columns, Entry later, int after) {
    return later.kind() == first.kind()
        && later.seq() == first.seq() + after
        && later.atMicros() == first.atMicros()
        && later.gateway().equals(first.gateway())
        && columns(later) == columns;
  }

  private static String text(Shape shape) {
    boolean ends = shape.kind().leaves() != HoldState.OPEN;
    boolean refunds = shape.kind() == EntryKind.REFUND;
    StringBuilder text =
        new StringBuilder("INSERT INTO ledger_entry (seq, kind, at_micros, gateway, hold, micros");
    for (int column = 0; column < OPTIONAL.size(); column++) {
      text.append((shape.columns() & 1 << column) == 0 ? "" : ", " + OPTIONAL.get(column));
    }
    text.append(ends ? ", ending" : "").append(refunds ? ", refunding" : "");
    text.append(", hash) VALUES ");
    int next = 4;
    for (int row = 0; row < shape.rows(); row++) {
      int hold = next;
      text.append(row == 0 ? "" : ", ").append("(?1 + ").append(row);
      text.append(", '").append(shape.kind().word()).append("', ?2, ?3");
      for (int value = 0; value < 2 + Integer.bitCount(shape.columns()); value++) {
        text.append(", ?").append(next++);
      }
      text.append(ends || refunds ? ", ?" + hold : "");
      text.append(", ?").append(next++).append(')');
    }
    return text.toString();
  }

  private static void bind(PreparedStatement insert, Shape shape, List<Entry> entries, int at)
      throws SQLException {
    Entry first = entries.get(at);
    insert.setLong(1, first.seq());
    insert.setLong(2, first.atMicros());
    insert.setString(3, first.gateway());
    int next = 4;
    for (Entry entry : entries.subList(at, at + shape.rows())) {
      insert.setLong(next++, entry.hold());
      insert.setLong(next++, entry.micros());
      for (int column = 0; column < OPTIONAL.size(); column++) {
        Object value = optional(entry, column);
        if (value != null) {
          insert.setObject(next++, value);
        }
      }
      insert.setBytes(next++, entry.hash().bytes());
    }
    insert.executeUpdate();
  }
}
