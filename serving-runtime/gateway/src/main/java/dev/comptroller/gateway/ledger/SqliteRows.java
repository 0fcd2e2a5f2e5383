package dev.comptroller.gateway.ledger;

import dev.comptroller.gateway.ledger.BulkInsert.Column;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// A group's rows on their way into SQLite, in few and narrow statements ([BulkInsert]).
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

  private static final int MOMENT = 1;
  private static final int TERMS = 2;
  private static final int SERVED = 1;
  private static final int CLIENT = 2;

  private final BulkInsert<Entry> entries =
      new BulkInsert<>(
          "ledger_entry",
          List.of(
              new Column<>("kind", MOMENT, entry -> entry.kind().word()),
              new Column<>("at_micros", MOMENT, Entry::atMicros),
              new Column<>("gateway", MOMENT, Entry::gateway),
              new Column<>("bounds", TERMS, Entry::bounds),
              new Column<>("price_version", TERMS, Entry::priceVersion),
              new Column<>("lifetime_ms", TERMS, Entry::lifetimeMillis),
              new Column<>("seq", 0, Entry::seq),
              new Column<>("hold", 0, Entry::hold),
              new Column<>("micros", 0, Entry::micros),
              new Column<>("key", 0, Entry::key),
              new Column<>("text", 0, Entry::text),
              new Column<>("line", 0, Entry::line),
              new Column<>(
                  "line_digest",
                  0,
                  entry -> entry.lineDigest() == null ? null : entry.lineDigest().bytes()),
              new Column<>("ending", 0, Entry::ending),
              new Column<>("refunding", 0, Entry::refunding),
              new Column<>("hash", 0, entry -> entry.hash().bytes())));

  private final BulkInsert<UsageLine> lines =
      new BulkInsert<>(
          "usage_line",
          List.of(
              new Column<>("model", SERVED, UsageLine::model),
              new Column<>("namespace", SERVED, UsageLine::namespace),
              new Column<>("deployment", SERVED, UsageLine::deployment),
              new Column<>("variant", SERVED, UsageLine::variant),
              new Column<>("price_version", SERVED, UsageLine::priceVersion),
              new Column<>("payer", CLIENT, UsageLine::payer),
              new Column<>("feature", CLIENT, UsageLine::feature),
              new Column<>("class", CLIENT, UsageLine::trafficClass),
              new Column<>("tariff_percent", CLIENT, UsageLine::tariffPercent),
              new Column<>("stream", CLIENT, line -> line.stream() ? 1 : 0),
              new Column<>("outcome", CLIENT, line -> line.outcome().word()),
              new Column<>("status", CLIENT, UsageLine::status),
              new Column<>("finish_reason", CLIENT, UsageLine::finishReason),
              new Column<>("estimated", CLIENT, line -> line.usage().estimated() ? 1 : 0),
              new Column<>("id", 0, UsageLine::id),
              new Column<>("request_id", 0, UsageLine::requestId),
              new Column<>("at_micros", 0, line -> LedgerRows.micros(line.at())),
              new Column<>("replica", 0, UsageLine::replica),
              new Column<>("prompt_tokens", 0, line -> line.usage().prompt()),
              new Column<>("cached_tokens", 0, line -> line.usage().cached()),
              new Column<>("completion_tokens", 0, line -> line.usage().completion()),
              new Column<>("charge_micros", 0, UsageLine::chargeMicros),
              new Column<>("gpu_ns", 0, UsageLine::gpuNanos),
              new Column<>("millis", 0, UsageLine::millis)));

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
      entries.write(statements, group.entries);
      PreparedStatement update = statements.of(HEAD);
      update.setLong(1, head.seq());
      update.setBytes(2, head.hash().bytes());
      update.setLong(3, head.openFrom());
      update.executeUpdate();
    }
    lines.write(statements, group.lines);
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
}
